"""In which order tables are filled: what others refer to comes first."""

from collections.abc import Callable, Collection, Mapping

from schemaproof.rows.tables import Table


def next_group(waiting: Mapping[int, Table]) -> list[Table]:
    """Which of ``waiting`` come next, by their oid: one table, or all of a cycle of keys that no NULL satisfies.

    Keys that NULL satisfies give way where there is no order that respects them all.
    """
    for needed in (_parents, _hard_parents):
        for table in waiting.values():
            if not needed(table, waiting):
                return [table]
    reached = {oid: _reach(oid, waiting) for oid in waiting}
    smallest = min(reached.values(), key=len)  # from all of a cycle the same is reached, from before it more
    return _deferring([table for oid, table in waiting.items() if oid in smallest])


def _deferring(cycle: list[Table]) -> list[Table]:
    """The tables of a cycle in an order in which only deferrable keys come before what they refer to, if there is."""
    rest, ordered = {table.oid: table for table in cycle}, []
    while rest:
        free = [one for one in rest.values() if not _hard_parents(one, rest, lambda deferrable: not deferrable)]
        if not free:
            return cycle
        ordered += free
        rest = {oid: one for oid, one in rest.items() if one not in free}
    return ordered


def _parents(table: Table, among: Collection[int]) -> set[int]:
    return {key.root for key in table.keys.values() if key.root in among} - {table.oid}


def _hard_parents(table: Table, among: Collection[int], wanted: Callable[[bool], bool] = lambda _: True) -> set[int]:
    keys = [key for key in table.keys.values() if table.hard(key) and wanted(key.deferrable)]
    return {key.root for key in keys if key.root in among} - {table.oid}


def _reach(oid: int, waiting: Mapping[int, Table]) -> frozenset[int]:
    """All that the table needs, directly and by way of others, itself if it is in a cycle."""
    found: set[int] = set()
    more = _hard_parents(waiting[oid], waiting)
    while more:
        found |= more
        more = {parent for one in more for parent in _hard_parents(waiting[one], waiting)} - found
    return frozenset(found)
