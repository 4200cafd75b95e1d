"""What has changed in a database since its catalog was read, found without reading it again.

Every row of pg_catalog that a catalog is made of counts with a hash of its key and of the transaction that wrote it
(xmin). A row never changes without a new xmin, and clones of a database keep both, so that equal hashes mean equal
rows, on one server between two starts of it. The server adds the hashes up by shelf, some hundred neighbouring oids;
of a shelf that differs it lists the hashes by unit.
"""

# ruff: noqa: S608 (what is put together here are this package's own expressions; there is no input)

from collections.abc import Iterable, Sequence
from typing import Any

import psycopg

from schemaproof.catalog.watches import OTHER, OTHERS, UNITS, Watch

type Cursor = psycopg.RawCursor[tuple[Any, ...]]
# What is read again together: the number of its class in the upper 32 bits, its oid in the lower.
type UnitId = int
# The upper bits of a UnitId.
type Shelf = int

_SHELF_BITS = 8
_ALL = (0, 0xFFFFFFFF)
# Of more ranges of oids than that, listing all is quicker.
_MAX_RANGES = 6


def shelf_of(unit: UnitId) -> Shelf:
    """Where it is kept."""
    return unit >> _SHELF_BITS


def is_of(unit: int, shelf: Shelf) -> bool:
    """Whether the shelf is for units of the class ``unit`` (see ``CLASSES``)."""
    return shelf >> (32 - _SHELF_BITS) == unit >> 32


def everything(cursor: Cursor, release: int) -> tuple[dict[Shelf, int], dict[UnitId, int]]:
    """What :func:`shelves` and :func:`units` return, from one query: a new session would plan both."""
    query = _query((*UNITS, *OTHERS), release, "u", "true")
    hashes: dict[UnitId, int] = dict(cursor.execute(query, binary=True, prepare=True).fetchall())
    found: dict[Shelf, int] = {}
    for unit, digest in hashes.items():
        found[shelf_of(unit)] = found.get(shelf_of(unit), 0) ^ digest
    hashes.pop(OTHER, None)  # what has no id of its own
    return found, hashes


def shelves(cursor: Cursor, release: int) -> dict[Shelf, int]:
    """The hash of every shelf that is not empty."""
    query = _query((*UNITS, *OTHERS), release, f"u >> {_SHELF_BITS}", "true")
    return dict(cursor.execute(query, binary=True, prepare=True).fetchall())


def units(cursor: Cursor, release: int, wanted: Iterable[Shelf] | None = None) -> dict[UnitId, int]:
    """The hash of every unit, at least of those on the shelves ``wanted``; but for those that have no id of their own.

    Those of a shelf of one class come with those of the same oids of every class.
    """
    ranges = [_ALL] if wanted is None else _ranges(wanted)
    found: dict[UnitId, int] = {}
    for span in [_ALL] if len(ranges) > _MAX_RANGES else ranges:
        some = span != _ALL
        query = _query(UNITS, release, "u", "{} BETWEEN $1::oid AND $2::oid" if some else "true")
        found.update(cursor.execute(query, span if some else None, binary=True, prepare=True).fetchall())
    return found


def _query(watches: Sequence[Watch], release: int, by: str, condition: str) -> bytes:
    """The query that adds hashes up ``by`` an expression over u, a UnitId, for the rows that meet ``condition``."""
    parts = []
    for number, watch in enumerate(watches):
        if watch.since > release:
            continue
        # Of two rows with one key in two catalogs (pg_class, pg_sequence) neither may undo the other.
        digest = f"hashint8extended({watch.state.format(number << 27)}, {watch.key})"
        unit = f"{watch.oid}::bigint" if watch.unit == 0 else f"{watch.unit} | {watch.oid}::bigint"
        parts.append(
            f"SELECT {unit} AS u, {digest} AS h FROM {watch.source}"
            f" WHERE ({watch.where}) AND {condition.format(watch.oid)}"
        )
    return f"SELECT {by}, bit_xor(h) FROM ({' UNION ALL '.join(parts)}) watched GROUP BY 1".encode()


def _ranges(wanted: Iterable[Shelf]) -> Sequence[tuple[int, int]]:
    """The oids on these shelves, as ranges; neighbours as one."""
    found: list[tuple[int, int]] = []
    for first in sorted({shelf << _SHELF_BITS & _ALL[1] for shelf in wanted}):
        last = first + (1 << _SHELF_BITS) - 1
        if found and found[-1][1] + 1 == first:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return found
