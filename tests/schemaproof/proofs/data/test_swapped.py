"""Columns that come back with each other's values, or with their own ones in other places."""

from schemaproof.proofs.data.matching import Matched, matched
from schemaproof.proofs.data.snapshot import Column, Snapshot, Table
from schemaproof.proofs.data.swapped import swapped

NAMES = ("id", "street", "city")


def people(*rows: tuple[str | None, ...]) -> Snapshot:
    columns = {name: Column(name, number, "text", False, False, False) for number, name in enumerate(NAMES, 1)}
    cells = tuple(dict(zip(NAMES, row, strict=True)) for row in rows)
    return Snapshot({1: Table(1, ("public", "people"), ("id",), columns, cells)})


def found(before: Snapshot, after: Snapshot) -> list[tuple[str, str | None]]:
    [table] = [*matched(before, after, again=True)]
    return told(table)


def told(table: Matched) -> list[tuple[str, str | None]]:
    return [(one.column, one.other) for one in swapped(table, ["street", "city"])]


def test_columns_that_hold_what_the_other_held_are_swapped() -> None:
    before = people(("1", "High St", "Leeds"), ("2", "Mill Ln", "York"), ("3", None, "Hull"))
    after = people(("1", "Leeds", "High St"), ("2", "York", "Mill Ln"), ("3", "Hull", None))
    assert found(before, after) == [("street", "city")]


def test_values_that_are_there_again_but_not_where_they_were_are_swapped() -> None:
    before = people(("1", "a", None), ("2", "b", None), ("3", "a", None))
    after = people(("1", "b", None), ("2", "a", None), ("3", "b", None))
    assert found(before, after) == [("street", None)]


def test_column_made_of_another_one_is_not_swapped_with_it() -> None:
    """What an upgrade merged is no more: coalesce(street, city) comes back in both."""
    before = people(("1", "High St", "Leeds"), ("2", "Mill Ln", "York"))
    after = people(("1", "High St", "High St"), ("2", "Mill Ln", "Mill Ln"))
    assert found(before, after) == []


def test_values_that_are_fewer_than_they_were_are_not_swapped() -> None:
    before = people(("1", "a", None), ("2", "b", None), ("3", "a", None), ("4", "c", None))
    after = people(("1", "b", None), ("2", "b", None), ("3", "b", None), ("4", "c", None))
    assert found(before, after) == []


def test_numbers_given_anew_are_not_swapped() -> None:
    """Each row has another value, as a position has that is counted again: no mapping says so."""
    before = people(("1", "2", None), ("2", "1", None), ("3", "3", None))
    after = people(("1", "1", None), ("2", "2", None), ("3", "3", None))
    assert found(before, after) == []


def test_what_came_back_as_it_was_is_not_swapped() -> None:
    before = people(("1", "a", "b"), ("2", "b", "a"), ("3", "a", "b"))
    assert found(before, before) == []
