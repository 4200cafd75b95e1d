"""Rows found again after an upgrade, and values that moved."""

from schemaproof.proofs.data.matching import Haystack, matched
from schemaproof.proofs.data.snapshot import Column, Snapshot, Table


def users(*rows: tuple[str | None, ...], oid: int = 1, names: tuple[str, ...] = ("id", "name", "mail")) -> Snapshot:
    columns = {name: Column(name, number, "text", False, False, False) for number, name in enumerate(names, 1)}
    cells = tuple(dict(zip(names, row, strict=True)) for row in rows)
    return Snapshot({oid: Table(oid, ("public", "users"), ("id",), columns, cells)})


def test_row_is_found_by_its_key_whatever_its_values() -> None:
    [table] = matched(users(("1", "a", "b")), users(("1", "x", "y")))
    assert not table.vanished
    assert table.pairs[0][1]["name"] == "x"


def test_row_with_another_key_is_found_by_its_values() -> None:
    [table] = matched(users(("1", "ann", "ann@x"), ("2", "bob", "bob@x")), users(("7", "ann", "ann@x")))
    assert [row["id"] for row in table.vanished] == ["2"]


def test_column_is_the_same_under_another_name() -> None:
    [table] = matched(users(("1", "a", "b")), users(("1", "a", "b"), names=("id", "called", "mail")))
    assert table.columns["name"].name == "called"


def test_table_of_the_same_name_is_a_rebuilt_one() -> None:
    [table] = matched(users(("1", "a", "b")), users(("1", "a", "b"), oid=2))
    assert table.rebuilt


def test_value_is_found_inside_of_others() -> None:
    before = users(("1", "text 41", None))
    assert Haystack(before, users(("1", None, "Mr. text 41"))).moved("text 41")
    assert not Haystack(before, users(("1", None, "Mr. text 42"))).moved("text 41")


def test_number_is_not_found_inside_of_a_longer_one() -> None:
    before = users(("1", "text 41", None))
    assert not Haystack(before, users(("1", None, "Mr. text 4105"))).moved("text 41")
    assert not Haystack(users(("2041", None, None)), users(("1", None, "no. 12041"))).moved("2041")


def test_value_that_was_in_both_places_has_not_moved() -> None:
    before, after = users(("1", "same", "same")), users(("1", None, "same"))
    assert not Haystack(before, after).moved("same")
