"""Reading a catalog: one transaction, and one query per aspect however many objects there are."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row

from schemaproof.catalog.aspect import Aspect
from schemaproof.catalog.aspects import ASPECTS
from schemaproof.catalog.values import Attributes, Identity
from schemaproof.catalog.watch import Shelf, UnitId, shelf_of
from schemaproof.catalog.watches import CLASSES

type Cursor = psycopg.RawCursor[tuple[Any, ...]]

# What decides how PostgreSQL prints expressions. With this search_path every name is printed with its schema but
# those of pg_catalog, and no temporary object hides one of those.
_SETTINGS = {
    "search_path": "pg_catalog, pg_temp",
    "quote_all_identifiers": "off",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    # No query here is worth compiling.
    "jit": "off",
    # The first plan is kept for the connection; none is better for having seen the oids.
    "plan_cache_mode": "force_generic_plan",
}

# The class of what has no id of its own; its probes take no oids.
_OTHER = "other"

# What every row begins with: owner, key, generated_from, kind, schema, parent, name.
_LEADING = 7


class Item(NamedTuple):
    """One object as it was read.

    Attributes:
        aspect: the name of the aspect that it is of.
        key: a number that it keeps when it is renamed.
        identity: its name.
        attributes: what is compared of it.
        generated_from: what PostgreSQL would make its name of (see ``names``); None where it would choose none.
    """

    aspect: str
    key: int
    identity: Identity
    attributes: Attributes
    generated_from: tuple[str, ...] | None


# Attributes that are left out for servers of one version(), by kind of object (see ``noise``).
_LEFT_OUT: dict[str, Mapping[str, frozenset[str]]] = {}

# What is read again together: a table with all that lies in it, a type, a routine, ... First the object itself.
type Unit = tuple[Item, ...]
# By shelf, so that catalogs of databases that differ little share what is equal.
type Units = Mapping[Shelf, Mapping[UnitId, Unit]]


@dataclass(frozen=True)
class Reader:
    """Reads in a transaction that someone else has opened.

    Attributes:
        cursor: of that transaction.
        release: the server's: 14, 15, ...
        origin: what no other server has, nor this one after a restart.
        settled: whether all that is seen has been committed, and can only be changed by transactions to come.
        privileges: whether owners and privileges are read.
        left_out: the attributes, by kind of object, that are not read because the server itself makes them different.
    """

    cursor: Cursor
    release: int
    origin: str
    settled: bool
    privileges: bool
    left_out: Mapping[str, frozenset[str]]

    def all(self, known: Collection[UnitId]) -> dict[UnitId, Unit]:
        """Everything; ``known`` are the ids of all that has one of its own."""
        found: dict[UnitId, list[Item]] = {}
        for name in CLASSES:
            aspects = self._aspects(name)
            for aspect in self._present(aspects, None if name == _OTHER else _oids(name, known)):
                query = aspect.query(self.release, privileges=self.privileges, some=False)
                self.cursor.execute(query.encode(), binary=True, prepare=True)
                self._collect(found, aspect)
        return {key: tuple(items) for key, items in found.items()}

    def some(self, ids: Collection[UnitId]) -> dict[UnitId, Unit]:
        """Those of ``ids`` that there are."""
        found: dict[UnitId, list[Item]] = {}
        for name in CLASSES:
            oids = _oids(name, ids)
            for aspect in self._present(self._aspects(name), oids):
                query = aspect.query(self.release, privileges=self.privileges, some=True)
                self.cursor.execute(query.encode(), [oids], binary=True, prepare=True)
                self._collect(found, aspect)
        return {key: tuple(items) for key, items in found.items()}

    def _aspects(self, unit: str) -> list[Aspect]:
        return [one for one in ASPECTS if one.unit == unit and (self.privileges or not one.privileges_only)]

    def _present(self, aspects: Sequence[Aspect], oids: Sequence[int] | None) -> list[Aspect]:
        """Those of ``aspects`` that may have rows, for ``oids`` where these are given.

        Planning a query takes longer than finding nothing, and a new session plans each of them.
        """
        if not aspects or (oids is not None and not oids):
            return []
        probes = ", ".join(f"EXISTS (SELECT FROM {aspect.probe})" for aspect in aspects)
        values = None if oids is None else [oids]
        row = self.cursor.execute(f"SELECT {probes}".encode(), values, binary=True, prepare=True).fetchone() or ()
        return [aspect for aspect, present in zip(aspects, row, strict=True) if present]

    def _collect(self, found: dict[UnitId, list[Item]], aspect: Aspect) -> None:
        """Add the rows of the last query, which was of ``aspect``, to ``found``."""
        unit, aspect_name = CLASSES[aspect.unit], aspect.name
        names = aspect.names(self.release, privileges=self.privileges)
        columns = (self.cursor.description or ())[_LEADING:]
        arrays = [name for name, column in zip(names, columns, strict=True) if _is_array(column.type_code)]
        for owner, key, generated_from, kind, schema, parent, name, *values in self.cursor:
            attributes = dict(zip(names, values, strict=True))
            for array in arrays:
                if attributes[array] is not None:
                    attributes[array] = _plain(attributes[array])
            for attribute in self.left_out.get(kind, ()):
                attributes.pop(attribute, None)
            identity = Identity(kind, schema, parent, name)
            item = Item(aspect_name, key, identity, attributes, generated_from and tuple(generated_from))
            found.setdefault(unit | owner, []).append(item)


@contextmanager
def transaction(connection: psycopg.Connection[Any], *, privileges: bool) -> Iterator[Reader]:
    """A reader that sees the database as of one moment; afterwards the connection is as it was found."""
    alone = connection.info.transaction_status == TransactionStatus.IDLE
    # Within the caller's transaction the settings end with a savepoint. Else COMMIT ends them; at a ROLLBACK psycopg
    # would forget the statements that it has prepared.
    with (
        connection.transaction(force_rollback=not alone),
        psycopg.RawCursor(connection, row_factory=tuple_row) as cursor,
    ):
        if alone:  # else a snapshot may have been taken already, and the caller's transaction decides
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        origin, settled, version = _prepare(cursor)
        release = connection.info.server_version // 10000
        yield Reader(cursor, release, origin, settled, privileges, left_out(version))


def leave_out(version: str, attributes: Mapping[str, frozenset[str]]) -> None:
    """Leave ``attributes`` out of all that is read from now on of servers whose version() is ``version``.

    It holds for the whole process: what a server makes different by itself must be compared nowhere.
    """
    _LEFT_OUT[version] = attributes


def left_out(version: str) -> Mapping[str, frozenset[str]]:
    """What ``leave_out`` was told of ``version``."""
    return _LEFT_OUT.get(version, {})


def _prepare(cursor: Cursor) -> tuple[str, bool, str]:
    calls = [f"set_config(${2 * n + 1}, ${2 * n + 2}, true)" for n in range(len(_SETTINGS))]
    query = (
        "SELECT pg_postmaster_start_time()::text, pg_current_xact_id_if_assigned() IS NULL, version(), "
        + ", ".join(calls)
    )
    row = cursor.execute(query.encode(), [text for setting in _SETTINGS.items() for text in setting]).fetchone()
    assert row is not None  # noqa: S101 (a SELECT without FROM has one row)
    return row[0], row[1], row[2]


def shelved[Value](units: Mapping[UnitId, Value]) -> dict[Shelf, dict[UnitId, Value]]:
    """``units`` by shelf."""
    found: dict[Shelf, dict[UnitId, Value]] = {}
    for key, value in units.items():
        found.setdefault(shelf_of(key), {})[key] = value
    return found


def _oids(unit: str, ids: Collection[UnitId]) -> list[int]:
    """Those of ``ids`` that are of the class ``unit``, as oids."""
    return [one - CLASSES[unit] for one in ids if one - CLASSES[unit] >> 32 == 0]


def _is_array(type_code: int) -> bool:
    kind = psycopg.postgres.types.get(type_code)
    return kind is not None and kind.array_oid == type_code


def _plain(values: Sequence[Any]) -> Any:
    """The array ``values`` as a tuple; an empty one is none, as PostgreSQL itself keeps both."""
    return tuple(_plain(value) if isinstance(value, list) else value for value in values) or None
