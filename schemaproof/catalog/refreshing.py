"""A catalog brought up to date by reading again what has changed, as far as that can be known."""

# ruff: noqa: S608 (what is put together here are this package's own expressions; there is no input)

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from schemaproof.catalog import watch
from schemaproof.catalog.reading import Reader, Unit, Units, shelved
from schemaproof.catalog.values import Attributes, Value
from schemaproof.catalog.watch import Shelf, UnitId
from schemaproof.catalog.watches import CLASSES, OTHER

_TYPE, _ROUTINE = CLASSES["type"], CLASSES["routine"]
# Classes from here on are for comments on what is read with something else.
_COMMENTS = CLASSES["constraint"]

# What is read again where something of a relation has changed, with the relation that it is read for; NULL where that
# is read too. An index, a TOAST table or an identity column's sequence is read with its table, a composite type as the
# type. A view's text may show columns that were added to a table, so may a policy's or a routine's.
_OF_RELATIONS = f"""WITH changed (oid) AS (SELECT unnest($1::oid[])),
tables (source, oid) AS (SELECT oid, oid FROM changed
    UNION ALL SELECT c.oid, i.indrelid FROM changed c JOIN pg_index i ON i.indexrelid = c.oid),
owners (source, oid) AS (SELECT source, oid FROM tables
    UNION ALL SELECT t.source, d.refobjid FROM tables t JOIN pg_depend d ON d.classid = 'pg_class'::regclass
        AND d.objid = t.oid AND d.objsubid = 0 AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'i')
SELECT source::bigint, oid::bigint FROM owners
UNION ALL SELECT source, {_TYPE} | c.reltype::bigint FROM owners o JOIN pg_class c ON c.oid = o.oid AND c.relkind = 'c'
UNION ALL SELECT NULL, CASE d.classid WHEN 'pg_proc'::regclass THEN {_ROUTINE} | d.objid::bigint
    WHEN 'pg_rewrite'::regclass THEN (SELECT r.ev_class::bigint FROM pg_rewrite r WHERE r.oid = d.objid)
    ELSE (SELECT p.polrelid::bigint FROM pg_policy p WHERE p.oid = d.objid) END
    FROM owners o JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = o.oid
    WHERE d.classid IN ('pg_rewrite'::regclass, 'pg_policy'::regclass, 'pg_proc'::regclass)"""
# An array type changes with its element's, a row type with its table.
_OF_TYPES = f"""WITH types (source, oid) AS (SELECT oid, oid FROM unnest($1::oid[]) changed (oid)
    UNION ALL SELECT t.oid, t.typelem FROM pg_type t WHERE t.oid = ANY ($1::oid[]) AND t.typelem <> 0)
SELECT {_TYPE} | source::bigint, {_TYPE} | oid::bigint FROM types
UNION ALL SELECT {_TYPE} | source::bigint, t.typrelid::bigint FROM types y JOIN pg_type t ON t.oid = y.oid
    WHERE t.typrelid <> 0"""
# By the class of what has changed.
_QUERIES = {
    "relation": _OF_RELATIONS,
    "type": _OF_TYPES,
    "constraint": f"SELECT NULL, CASE conrelid WHEN 0 THEN {_TYPE} | contypid::bigint ELSE conrelid::bigint END"
    " FROM pg_constraint WHERE oid = ANY ($1::oid[])",
    "trigger": "SELECT NULL, tgrelid::bigint FROM pg_trigger WHERE oid = ANY ($1::oid[])",
    "policy": "SELECT NULL, polrelid::bigint FROM pg_policy WHERE oid = ANY ($1::oid[])",
    "rule": "SELECT NULL, ev_class::bigint FROM pg_rewrite WHERE oid = ANY ($1::oid[])",
    "statistics": "SELECT NULL, stxrelid::bigint FROM pg_statistic_ext WHERE oid = ANY ($1::oid[])",
}


@dataclass(frozen=True)
class Stamp:
    """What tells whether a unit has changed (see ``watch``).

    Attributes:
        origin: the server, since its start.
        shelves: the hash of each shelf.
        units: the hash of each unit, by shelf.
    """

    origin: str
    shelves: Mapping[Shelf, int]
    units: Mapping[Shelf, Mapping[UnitId, int]]


def everything(reader: Reader) -> tuple[Units, Stamp | None]:
    """All units, and their stamp; None where the transaction may yet change, under its xid, what it has changed."""
    # The stamp first: where another session commits between the queries, it is older than what is read.
    shelves, hashes = watch.everything(reader.cursor, reader.release)
    stamp = Stamp(reader.origin, shelves, shelved(hashes)) if reader.settled else None
    return shelved(reader.all(hashes)), stamp


def refreshed(reader: Reader, units: Units, stamp: Stamp) -> tuple[Units, Stamp | None] | None:
    """``units`` and their ``stamp`` as they are now (see ``everything``); None where everything must be read."""
    if stamp.origin != reader.origin:
        return None
    shelves = watch.shelves(reader.cursor, reader.release)
    differing = _differing(stamp.shelves, shelves)
    if any(watch.is_of(OTHER, shelf) for shelf in differing):
        return None
    if not differing:
        return units, stamp
    listed = shelved(watch.units(reader.cursor, reader.release, differing))
    now = {shelf: listed.get(shelf, {}) for shelf in differing}
    before = {shelf: stamp.units.get(shelf, {}) for shelf in differing}
    known = _keys(before)
    changed = {unit for shelf in differing for unit in _differing(before[shelf], now[shelf])}
    # What is new is mentioned by nothing but what is new, or has changed too.
    same = changed & known & _keys(now)
    affected = _affected(reader, same | {unit for unit in changed if unit >= _COMMENTS})
    if any(not _is_told(unit, affected, units) for unit in same):
        return None
    again = changed.union(*affected.values())
    read = reader.some(again)
    if any(_renamed(_find(units, key), unit) for key, unit in read.items()):
        return None
    hashes = {shelf: units for shelf, units in {**stamp.units, **now}.items() if units}
    return _replaced(units, again, read), Stamp(stamp.origin, shelves, hashes) if reader.settled else None


def _differing[Key](before: Mapping[Key, int], now: Mapping[Key, int]) -> set[Key]:
    return {key for key in before.keys() | now.keys() if before.get(key) != now.get(key)}


def _keys(shelves: Mapping[Shelf, Mapping[UnitId, int]]) -> set[UnitId]:
    return {unit for hashes in shelves.values() for unit in hashes}


def _affected(reader: Reader, changed: Collection[UnitId]) -> dict[UnitId | None, set[UnitId]]:
    """What is to be read again for each of ``changed`` that still exists; under None for all of them together."""
    found: dict[UnitId | None, set[UnitId]] = defaultdict(set)
    for name, query in _QUERIES.items():
        unit = CLASSES[name]
        oids = [one - unit for one in changed if watch.is_of(unit, watch.shelf_of(one))]
        if oids:
            for source, target in reader.cursor.execute(query.encode(), [oids], binary=True, prepare=True):
                found[source].add(target)
    return found


def _is_told(unit: UnitId, affected: Mapping[UnitId | None, set[UnitId]], units: Units) -> bool:
    """Whether all that can be said of a unit that has changed is read again.

    A member of an extension or a multirange type is no object here, but others' definitions show its name.
    """
    return unit >= _COMMENTS or any(_find(units, one) for one in (unit, *affected.get(unit, ())))


def _find(units: Units, unit: UnitId) -> Unit:
    return units.get(watch.shelf_of(unit), {}).get(unit, ())


def _renamed(before: Unit, now: Unit) -> bool:
    """Whether something in it has another name, which the definitions of others may show."""
    names = {(item.aspect, item.key): item for item in before}
    for item in now:
        old = names.get((item.aspect, item.key))
        if old is not None and (old.identity != item.identity or not _names(old.attributes) <= _names(item.attributes)):
            return True
    return False


def _names(attributes: Attributes) -> set[Value]:
    """The names that are no objects: an enum's labels, a composite type's attributes, a view's columns."""
    lists = (attributes.get(name) for name in ("labels", "attributes", "columns"))
    return {name for names in lists if isinstance(names, tuple) for name in names}


def _replaced[Value](
    shelves: Mapping[Shelf, Mapping[UnitId, Value]], gone: Iterable[UnitId], new: Mapping[UnitId, Value]
) -> dict[Shelf, Mapping[UnitId, Value]]:
    """A copy without ``gone`` and with ``new``; shelves that nothing is done to are shared."""
    found = dict(shelves)
    touched = {watch.shelf_of(unit) for unit in (*gone, *new)}
    for shelf in touched:
        found[shelf] = dict(found.get(shelf, {}))
    for unit in gone:
        found[watch.shelf_of(unit)].pop(unit, None)  # type: ignore[attr-defined]  # copied just above, so it is a dict
    for unit, value in new.items():
        found[watch.shelf_of(unit)][unit] = value  # type: ignore[index]  # likewise
    return {shelf: units for shelf, units in found.items() if units}
