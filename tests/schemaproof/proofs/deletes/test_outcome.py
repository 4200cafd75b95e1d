"""What two deletes left, compared and told."""

import pytest

from schemaproof.proofs.deletes.graph import ForeignKey, Graph, Table, TableName
from schemaproof.proofs.deletes.outcome import Outcome, Refusal, Rows, agree, changes, planted

CHAT, MESSAGE = TableName("public", "chat"), TableName("public", "message")
GRAPH = Graph(
    {
        CHAT: Table(CHAT, ("id", "title"), primary_key=("id",)),
        MESSAGE: Table(MESSAGE, ("id", "chat_id", "body"), primary_key=("id",)),
    },
    (ForeignKey(MESSAGE, ("chat_id",), CHAT, ("id",)),),
)


def rows(chats: str, messages: dict[str, str | None]) -> Rows:
    return {
        CHAT: [{"id": chat, "title": None} for chat in chats],
        MESSAGE: [{"id": one, "chat_id": chat, "body": "x"} for one, chat in messages.items()],
    }


BEFORE = rows("12", {"a": "1", "b": "1", "c": "2"})


def test_outcomes_agree_on_the_same_rows_in_any_order() -> None:
    assert agree(GRAPH, rows("12", {"a": "1", "b": "2"}), rows("21", {"b": "2", "a": "1"}))


@pytest.mark.parametrize("other", [rows("1", {"a": "1"}), rows("12", {"a": "2"}), rows("12", {}), Refusal("no")])
def test_outcomes_disagree_on_other_rows_and_other_keys(other: Outcome) -> None:
    assert not agree(GRAPH, rows("12", {"a": "1"}), other)


def test_outcomes_agree_whatever_stands_in_columns_without_keys() -> None:
    other = {**BEFORE, MESSAGE: [{**row, "body": "changed by a trigger"} for row in BEFORE[MESSAGE]]}
    assert agree(GRAPH, BEFORE, other)


def test_refusal_agrees_with_no_rows() -> None:
    assert not agree(GRAPH, Refusal("no"), {CHAT: [], MESSAGE: []})


def test_refusals_agree_whoever_refused() -> None:
    assert agree(GRAPH, Refusal("a", "one"), Refusal("b", "other"))


def test_lines_tell_each_row_by_its_keys() -> None:
    grid = planted(GRAPH, rows("1", {"a": None}))
    assert grid.lines() == [
        "public.chat     id=1",
        "public.message  id=a  chat_id=NULL",
    ]


def test_changes_tell_what_was_deleted() -> None:
    assert (
        changes(GRAPH, BEFORE, rows("2", {"c": "2"})) == "public.chat: 1 of 2 deleted; public.message: 2 of 3 deleted"
    )


def test_changes_tell_what_was_set() -> None:
    after = rows("2", {"a": None, "b": "1", "c": "2"})
    assert changes(GRAPH, BEFORE, after) == (
        "public.chat: 1 of 2 deleted; id=a chat_id=1 becomes id=a chat_id=NULL in public.message"
    )


def test_changes_tell_a_refusal_and_that_nothing_happened() -> None:
    assert changes(GRAPH, BEFORE, Refusal("it is referred to")) == "refused: it is referred to"
    assert changes(GRAPH, BEFORE, BEFORE) == "nothing changes"


def test_changes_find_the_row_that_a_new_one_was() -> None:
    before, after = rows("12", {"a": "1", "b": "2"}), rows("12", {"b": None, "a": None})
    assert changes(GRAPH, before, after) == (
        "id=b chat_id=2 becomes id=b chat_id=NULL in public.message;"
        " id=a chat_id=1 becomes id=a chat_id=NULL in public.message"
    )


def test_changes_tell_each_old_row_once() -> None:
    told = changes(GRAPH, rows("1", {"a": "1", "b": "1"}), rows("1", {"c": "1", "d": "1"}))
    assert told.count("id=a chat_id=1 becomes") == told.count("id=b chat_id=1 becomes") == 1


@pytest.mark.parametrize(
    ("value", "shown"),
    [("", "id=''"), ("a\nb", r"id='a\nb'"), ("x" * 61, f"id={'x' * 60}..."), ("x" * 60, f"id={'x' * 60}")],
)
def test_values_are_told_on_one_line(value: str, shown: str) -> None:
    assert planted(GRAPH, {CHAT: [{"id": value, "title": None}]}).lines() == [f"public.chat  {shown}"]
