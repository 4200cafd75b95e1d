"""The trees reach the cases that a cascade can get wrong; no server is needed."""

from collections import Counter
from collections.abc import Callable, Iterable
from uuid import UUID

import pytest
from hypothesis import Phase, given, settings

from tests.cascades.model import PARENTS, Row, Tree, survivors
from tests.cascades.strategies import trees_with_deletes

type Case = Callable[[Tree, list[Row]], bool]


def children(tree: Tree, table: str) -> list[int]:
    """The number of rows of ``table`` under each possible parent."""
    return [len(tree.children(table, row["id"])) for row in tree.tables[PARENTS[table][0]]]


def column(tree: Tree, table: str, name: str) -> list[object]:
    return [row[name] for row in tree.tables[table]]


def tables(rows: Iterable[Row]) -> set[str]:
    return {table for table, _ in rows}


def cascaded(tree: Tree, deletes: list[Row]) -> set[Row]:
    """The rows that go although nobody named them."""
    return set(tree.rows) - survivors(tree, deletes) - set(deletes)


def both(tree: Tree, deletes: list[Row]) -> list[tuple[int, int]]:
    """The places in ``deletes`` of each message and its conversation, where both are named."""
    place = {row: n for n, row in enumerate(deletes)}
    links = [(("messages", row["id"]), ("conversations", row["conversation_id"])) for row in tree.tables["messages"]]
    return [(place[child], place[parent]) for child, parent in links if child in place and parent in place]


CASES: dict[str, Case] = {
    "a user without children": lambda tree, _: 0 in children(tree, "conversations"),
    "a conversation without messages": lambda tree, _: 0 in children(tree, "messages"),
    "a message gone with its conversation and that with its user": lambda tree, deletes: any(
        ("messages", message) in cascaded(tree, deletes)
        for table, conversation in cascaded(tree, deletes)
        if table == "conversations"
        for message in tree.children("messages", conversation)
    ),
    "several users with children of every kind": lambda tree, _: (
        min(sum(n > 0 for n in children(tree, table)) for table in ("conversations", "mcp_configs")) > 1
    ),
    "many children of one parent": lambda tree, _: max(children(tree, "messages"), default=0) >= 5,
    "a cascade that spares others at every level": lambda tree, deletes: (
        {"conversations", "messages"} <= tables(cascaded(tree, deletes)) & tables(survivors(tree, deletes))
    ),
    "rows of every table deleted": lambda tree, deletes: tables(deletes) == tree.tables.keys(),
    "a child deleted before its parent": lambda tree, deletes: any(
        parent > child for child, parent in both(tree, deletes)
    ),
    "a child deleted after its parent": lambda tree, deletes: any(
        parent < child for child, parent in both(tree, deletes)
    ),
    "everything deleted": lambda tree, deletes: len(tree.rows) > 3 and len(deletes) == len(tree.rows),
    "a message without content": lambda tree, _: None in column(tree, "messages", "content"),
    "a message with an empty content": lambda tree, _: "" in column(tree, "messages", "content"),
    "tool calls of every kind": lambda tree, _: (
        {type(value) for value in column(tree, "messages", "tool_calls")} == {type(None), dict, list}
    ),
    "a configuration switched off": lambda tree, _: False in column(tree, "mcp_configs", "enabled"),
}


@pytest.fixture(scope="module")
def reached() -> Counter[str]:
    """How many of 300 examples are each case. The rarest is 6 in 100 of them: to miss one is no bad luck."""
    reached: Counter[str] = Counter()

    @settings(max_examples=300, derandomize=True, phases=[Phase.generate])
    @given(trees_with_deletes())
    def meet(drawn: tuple[Tree, list[Row]]) -> None:
        reached.update(name for name, case in CASES.items() if case(*drawn))

    meet()
    return reached


@pytest.mark.parametrize("case", CASES)
def test_trees_with_deletes_reach(reached: Counter[str], case: str) -> None:
    assert reached[case]


def test_model_deletes_below_and_nothing_beside_or_above() -> None:
    one, two, three, four, five = (UUID(int=n) for n in range(1, 6))
    tree = Tree(
        {
            "users": [{"id": one}],
            "conversations": [{"id": two, "user_id": one}, {"id": three, "user_id": one}],
            "mcp_configs": [],
            "messages": [{"id": four, "conversation_id": two}, {"id": five, "conversation_id": three}],
        }
    )

    left = survivors(tree, [("conversations", two)])

    assert left == {("users", one), ("conversations", three), ("messages", five)}
