"""Which row of a table before an upgrade is which one after it."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from schemaproof.proofs.data.snapshot import Cells, Column, Snapshot, Table

_ALIKE = 0.5  # of a row's values, for it to be the same under another key


@dataclass(frozen=True)
class Matched:
    """One table before and after.

    Attributes:
        columns: the columns that stayed, each with itself afterwards.
        pairs: the rows that stayed, each with itself afterwards.
        vanished: the rows that did not.
        rebuilt: whether another table has its name.
    """

    before: Table
    after: Table
    columns: Mapping[str, Column]
    pairs: Sequence[tuple[Cells, Cells]]
    vanished: Sequence[Cells]
    rebuilt: bool


def matched(before: Snapshot, after: Snapshot, *, again: bool = False) -> Iterator[Matched]:
    """Each table that stays, by its oid or else by its name; tables too big to be read whole are left out.

    With ``again``, what has a column's name is that column, also where it was dropped and added again.
    """
    for table in before.tables.values():
        same = after.tables.get(table.oid)
        other = same or after.named(table.name)
        if other is not None and table.whole and other.whole:
            yield _rows(table, other, rebuilt=same is None, again=again)


def _rows(before: Table, after: Table, *, rebuilt: bool, again: bool) -> Matched:
    columns = {}
    for one in before.columns.values():
        same = None if rebuilt else after.numbered(one.number)
        if same is None and (rebuilt or again):
            same = after.columns.get(one.name)
        if same is not None:
            columns[one.name] = same
    left = list(after.rows)
    pairs, rest = [], []
    primary = before.primary if before.primary and all(name in columns for name in before.primary) else ()
    names = primary or tuple(columns)  # where nothing tells rows apart, those that are equal are the same
    for row in before.rows:
        found = next((one for one in left if _agree(row, one, columns, names)), None) if names else None
        if found is None:
            rest.append(row)
        else:
            left.remove(found)
            pairs.append((row, found))
    vanished = []
    for row in rest:
        best = max(left, key=lambda one: _likeness(row, one, columns), default=None)
        if best is not None and _likeness(row, best, columns) > _ALIKE:
            left.remove(best)
            pairs.append((row, best))
        else:
            vanished.append(row)
    return Matched(before, after, columns, pairs, vanished, rebuilt)


def _agree(row: Cells, other: Cells, columns: Mapping[str, Column], names: Sequence[str]) -> bool:
    return all(row[name] == other[columns[name].name] for name in names)


def _likeness(row: Cells, other: Cells, columns: Mapping[str, Column]) -> float:
    """The share of the columns that stayed in which both rows are the same."""
    same = [row[name] == other[column.name] for name, column in columns.items() if row[name] is not None]
    if not same:  # there is nothing in it: any row into which something was put may be it
        return 1.0
    return sum(same) / len(same)


class Haystack:
    """Whether values that were somewhere are somewhere else now, alone or inside of other values."""

    _LONG = 4  # characters: what is as long is not found inside of another value by chance

    def __init__(self, before: Snapshot, after: Snapshot) -> None:
        self._before, self._after = _counted(before), _counted(after)
        was = {text for _, _, text in before.values()}
        self._new = "\0".join(text for _, _, text in after.values() if text not in was)

    def moved(self, text: str, gone: int = 1) -> bool:
        """Whether ``text`` is in more places than it was, not counting the ``gone`` ones where it is no more."""
        if self._after[text] > self._before[text] - gone:
            return True
        return len(text) >= self._LONG and within(text, self._new)


def within(text: str, other: str) -> bool:
    """Whether ``text`` is part of ``other``, and no number of it only the beginning or the end of a longer one."""
    if text not in other:  # as it is nearly always, and sooner known
        return False
    before, after = (r"(?<!\d)" if text[:1].isdigit() else "", r"(?!\d)" if text[-1:].isdigit() else "")
    return re.search(f"{before}{re.escape(text)}{after}", other) is not None


def _counted(snapshot: Snapshot) -> Counter[str]:
    return Counter(text for _, _, text in snapshot.values())
