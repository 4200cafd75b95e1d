"""Columns whose order differs, where others came or went as well."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence

from schemaproof.catalog.reading import Item
from schemaproof.catalog.values import Identity

type Items = Mapping[Identity, Item]


def moved(old: Items, new: Items) -> Iterator[tuple[Identity, int, int]]:
    """The fewest columns that must move to get the new order, each with its place before and after.

    Places are counted from 1 among the columns that the table has on both sides.
    """
    before = _tables(old, old.keys() & new.keys())
    after = _tables(new, old.keys() & new.keys())
    for table, columns in before.items():
        if columns != after[table]:
            yield from _moved(columns, after[table])


def _tables(items: Items, identities: Iterable[Identity]) -> dict[tuple[str, str], list[Identity]]:
    """The columns among ``identities`` by table, in their order."""
    found: dict[tuple[str, str], list[Identity]] = {}
    columns = [identity for identity in identities if identity.kind == "column"]
    for column in sorted(columns, key=lambda column: items[column].key):
        found.setdefault((column.schema, column.parent), []).append(column)
    return found


def _moved(before: Sequence[Identity], after: Sequence[Identity]) -> Iterator[tuple[Identity, int, int]]:
    place = {column: number for number, column in enumerate(after)}
    staying = _longest_rise([place[column] for column in before])
    for number, column in enumerate(before):
        if place[column] not in staying:
            yield column, number + 1, place[column] + 1


def _longest_rise(numbers: Sequence[int]) -> set[int]:
    """The numbers of one longest rising subsequence (patience sorting)."""
    ends: list[int] = []
    previous: dict[int, int | None] = {}
    for number in numbers:
        at = bisect_left(ends, number)
        previous[number] = ends[at - 1] if at else None
        ends[at : at + 1] = [number]
    rise: set[int] = set()
    last = ends[-1] if ends else None
    while last is not None:
        rise.add(last)
        last = previous[last]
    return rise
