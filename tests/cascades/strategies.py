"""Strategies for trees of users, conversations, messages and MCP configurations, and for deletes in them.

A row is drawn as one number, which stands for its parent and its values: Hypothesis' draws are most of what an example
costs, and a cascade depends on the tree's shape, not on its texts. Those are awkward all the same, in case anything
reads them on the way. Number 0 is the plainest row, so that what shrinks stays readable.
"""

from collections.abc import Iterator
from itertools import count
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from tests.cascades.model import Row, Tree

ROLES = ["user", "assistant", "system", "tool"]
TEXTS = ["a", "", " \n\t", "'; DELETE FROM users; --", '{"a": 1}', "%s :id \\", "\u00fc\u20ac\U0001f600", "x" * 255]
OBJECTS: list[Any] = [{"a": 1}, {}, {"": None}, {"url": ["x", None, {}]}, {"\u20ac": 2**63, "deep": {"deep": [[]]}}]

MESSAGES: list[dict[str, Any]] = [
    {"role": role, "content": content, "tool_calls": calls, "tool_results": results}
    for content in [None, *TEXTS]
    for calls, results in [(None, None), ([], {}), (OBJECTS[1], OBJECTS), (OBJECTS, None), (None, OBJECTS[3])]
    for role in ROLES
]
MCP_CONFIGS: list[dict[str, Any]] = [
    {"config": config, "enabled": enabled} for config in OBJECTS for enabled in (True, False)
]

# Mostly several, so that deleting one can spare others.
USERS = st.sampled_from([1, 2, 3, 4, 2, 3])
ROW_NUMBERS = st.integers(0, 2**16 - 1)


@st.composite
def trees(draw: DrawFn) -> Tree:
    """Up to 28 rows of which each has its parent, ids counted from 1.

    ``Tree({"users": [{"id": UUID(int=1), ...}], "conversations": [{"id": UUID(int=2), "user_id": UUID(int=1), ...}],
    "mcp_configs": [], "messages": []})``
    """
    ids = (UUID(int=n) for n in count(1))
    # What is counted keeps unique columns unique.
    users = [{"id": next(ids), "email": f"{n}@x.org", "subject_id": f"{n}"} for n in range(draw(USERS))]
    conversations = [
        {"id": next(ids), "user_id": user, "title": title}
        for user, title in _children(users, TEXTS, draw(st.lists(ROW_NUMBERS, max_size=8)))
    ]
    mcp_configs = [
        {"id": next(ids), "user_id": user, "name": f"{n}", **config}
        for n, (user, config) in enumerate(_children(users, MCP_CONFIGS, draw(st.lists(ROW_NUMBERS, max_size=4))))
    ]
    messages = [
        {"id": next(ids), "conversation_id": conversation, **message}
        for conversation, message in _children(conversations, MESSAGES, draw(st.lists(ROW_NUMBERS, max_size=12)))
    ]
    return Tree({"users": users, "conversations": conversations, "mcp_configs": mcp_configs, "messages": messages})


@st.composite
def trees_with_deletes(draw: DrawFn) -> tuple[Tree, list[Row]]:
    """A tree and the rows of it to delete, in order: ``(Tree(...), [("messages", UUID(int=3)), ("users", ...)])``.

    One, several or all of the rows, of any tables; a row may come before or after the parent that takes it along.
    """
    tree = draw(trees())
    tables = [[(table, row["id"]) for row in rows] for table, rows in tree.tables.items() if rows]
    # The table first: most rows are messages, but it is the parents that take others along.
    some = []
    for number in draw(st.lists(ROW_NUMBERS, min_size=1, max_size=4)):
        which, table = divmod(number, len(tables))
        some.append(tables[table][which % len(tables[table])])
    others = draw(st.sampled_from([[], [], [], tree.rows, tree.rows[::-1]]))
    return tree, list(dict.fromkeys(some + others))


def _children[T](parents: list[dict[str, Any]], values: list[T], numbers: list[int]) -> Iterator[tuple[UUID, T]]:
    """The parent's id and the values that each number stands for; no row where there is no parent."""
    for number in numbers if parents else []:
        which, parent = divmod(number, len(parents))
        yield parents[parent]["id"], values[which % len(values)]
