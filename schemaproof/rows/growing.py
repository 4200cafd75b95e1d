"""Many rows where there are a few: each again and again, with other values in what is unique."""

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from schemaproof.rows.shifting import shifted
from schemaproof.rows.tables import Key, Rule, Table, describe, read_tables
from schemaproof.rows.types import Cursor, Type, read_types

type Name = tuple[str, str]

_BASE = 20  # rows of a table that are repeated, at most


@dataclass(frozen=True)
class Grown:
    """What became of the tables.

    Attributes:
        counts: the rows of each that grew, or had as many already.
        refused: the others, with the reason in the server's words or in ours.
    """

    counts: Mapping[Name, int]
    refused: Mapping[Name, str]


@dataclass
class _Plan:
    """How one table grows.

    Attributes:
        moved: the columns that get other values.
        times: how often each row is repeated.
    """

    table: Table
    moved: set[str] = field(default_factory=set)
    times: int = 1


class CannotGrowError(Exception):
    """A table can't take more rows than it has; the message says why."""


def connected(dsn: str) -> psycopg.Connection[Any]:
    """A connection for it, the caller's to close."""
    return psycopg.connect(dsn, autocommit=True, application_name="schemaproof")


def grow(
    connection: psycopg.Connection[Any],
    tables: Collection[Name],
    rows: int,
    unique: Mapping[Name, Sequence[Sequence[str]]] | None = None,
) -> Grown:
    """Let each of ``tables`` hold about ``rows`` rows: those that it has, repeated on the server.

    What is unique gets other values, as has what it refers to: these tables grow too. All else is as it was, so foreign
    keys hold. Triggers don't fire, where the role may say so. The statistics of what grew are gathered.

    Args:
        connection: in autocommit mode; its settings change.
        tables: schema and name of each; of a partitioned table the whole.
        rows: how many.
        unique: by schema and name of a table, columns in which no two rows may be alike, besides those of which the
            server knows that.
    """
    with psycopg.Cursor(connection, row_factory=tuple_row) as cursor:
        return _Grower(cursor, rows, unique or {}).run(tables)


class _Grower:
    def __init__(self, cursor: Cursor, rows: int, unique: Mapping[Name, Sequence[Sequence[str]]]) -> None:
        self._cursor = cursor
        self._rows = rows
        self._more = unique
        self._types: Mapping[int, Type] = read_types(cursor)
        self._known = {(one.schema, one.name): one for one in read_tables(cursor)}
        self._plans: dict[Name, _Plan] = {}
        self._refused: dict[Name, str] = {}

    def run(self, tables: Collection[Name]) -> Grown:
        for name in tables:
            try:
                self._plan(name)
            except CannotGrowError as error:
                self._refused[name] = str(error)
        self._without_triggers()
        counts: dict[Name, int] = {}
        # What others refer to comes first: nothing asks for it, but what fails there is told there.
        for name, plan in reversed(self._plans.items()):
            try:
                counts[name] = self._grow(plan)
            except psycopg.Error as error:
                if self._cursor.connection.closed:
                    raise
                self._refused[name] = error.diag.message_primary or str(error)
        return Grown(counts, {name: why for name, why in self._refused.items() if name in tables})

    def _plan(self, name: Name) -> None:
        """Plan for the table, and for those that its rows then refer to."""
        waiting: deque[tuple[Name, frozenset[str], int]] = deque([(name, frozenset(), 1)])
        while waiting:
            one, required, times = waiting.popleft()
            plan = self._plans.get(one)
            if plan is not None and required <= plan.moved and times <= plan.times:
                continue
            plan = plan or self._begun(one)
            plan.moved |= required
            plan.times = max(plan.times, times)
            more = (Rule(tuple(columns), unique=True, definition="") for columns in self._more.get(one, ()))
            for rule in (*_unique(plan.table), *more):
                if not plan.moved & set(rule.columns):
                    plan.moved |= self._choose(plan.table, rule)
            self._plans.pop(one, None)
            self._plans[one] = plan  # after those that asked for it
            for key in plan.table.keys.values():
                moved = frozenset(
                    theirs for own, theirs in zip(key.columns, key.referenced, strict=True) if own in plan.moved
                )
                if moved:
                    waiting.append((self._parent(key), moved, plan.times))

    def _begun(self, name: Name) -> _Plan:
        table = self._known.get(name)
        if table is None:
            raise CannotGrowError("it is no table of the schema's own")
        if not table.columns:
            describe(self._cursor, [table], self._types)
        (held,) = self._cursor.execute(
            sql.SQL("SELECT count(*) FROM (SELECT FROM {} LIMIT {}) base").format(sql.Identifier(*name), _BASE)
        ).fetchone() or (0,)
        if not held:
            raise CannotGrowError("it holds no row that could be repeated")
        return _Plan(table, times=max(1, -(-(self._rows - held) // held)))

    def _parent(self, key: Key) -> Name:
        table = next((name for name, one in self._known.items() if one.oid == key.root), None)
        return table or key.parent

    def _choose(self, table: Table, rule: Rule) -> set[str]:
        """Which columns of something unique get other values: one that nothing else depends on, if there is one."""
        referring = {name for key in table.keys.values() for name in key.columns}
        dividing = {name for rules in table.rules.get("", []) for name in rules.columns}
        choices = [name for name in rule.columns or table.columns if self._shifted(table, name) is not None]
        if not choices:
            columns = ", ".join(rule.columns)
            raise CannotGrowError(f"there are no more values for its unique columns ({columns})")
        if not rule.columns:  # of an expression: of whichever of them
            return {*choices} - referring - dividing
        return {min(choices, key=lambda name: (name in dividing, name in referring))}

    def _shifted(self, table: Table, name: str) -> sql.Composable | None:
        column = table.columns[name]
        if column.generated:
            return None
        return shifted(self._types, column, sql.SQL("base.{}").format(sql.Identifier(name)))

    def _without_triggers(self) -> None:
        with suppress(psycopg.errors.InsufficientPrivilege):  # then they fire
            self._cursor.execute("SET session_replication_role = replica")

    def _grow(self, plan: _Plan) -> int:
        table, target = plan.table, sql.Identifier(plan.table.schema, plan.table.name)
        own = [name for name, column in table.columns.items() if not column.generated]
        values = [(name in plan.moved and self._shifted(table, name)) or self._same(name) for name in own]
        comma = sql.SQL(", ")
        self._cursor.execute(
            sql.SQL(
                "INSERT INTO {target} ({columns}) OVERRIDING SYSTEM VALUE SELECT {values}"
                " FROM (SELECT * FROM {target} LIMIT {base}) base CROSS JOIN generate_series(1, {times}) again (n)"
                " ON CONFLICT DO NOTHING"
            ).format(
                target=target,
                columns=comma.join(map(sql.Identifier, own)),
                values=comma.join(values),
                base=_BASE,
                times=plan.times,
            )
        )
        self._cursor.execute(sql.SQL("ANALYZE {}").format(target))
        (count,) = self._cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(target)).fetchone() or (0,)
        return int(count)

    @staticmethod
    def _same(name: str) -> sql.Composable:
        return sql.SQL("base.{}").format(sql.Identifier(name))


def _unique(table: Table) -> Iterator[Rule]:
    """What no two rows may have the same: unique indexes, and exclusion constraints."""
    for name, rules in table.rules.items():
        for rule in rules:
            if rule.unique or (name and not rule.definition):
                yield rule
