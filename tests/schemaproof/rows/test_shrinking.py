"""Which rows are left when all that can be left out is."""

from schemaproof.rows.population import Rows
from schemaproof.rows.shrinking import fewest

A, B = ("public", "a"), ("public", "b")


def rows(a: str, b: str) -> Rows:
    return {A: [{"id": one} for one in a], B: [{"id": one} for one in b]}


def test_rows_that_are_not_needed_are_left_out() -> None:
    assert fewest(rows("123", "456"), lambda some: {"id": "2"} in some[A]) == rows("2", "")


def test_rows_that_only_go_after_others_go_too() -> None:
    """A parent can be left out when its child is; the order of the tables does not matter."""

    def fits(some: Rows) -> bool:
        return bool(some[A]) or not some[B]

    assert fewest(rows("1", "2"), fits) == rows("", "")


def test_rows_that_are_all_needed_stay_in_their_order() -> None:
    assert fewest(rows("31", "2"), lambda some: some == rows("31", "2")) == rows("31", "2")
