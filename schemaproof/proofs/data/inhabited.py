"""A database that climbs along with rows in it, as production's does, and what an upgrade refuses of them."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from schemaproof.migration.environment import Run, sqlstate
from schemaproof.migration.intent import is_deliberate
from schemaproof.migration.states import dropped_on_error
from schemaproof.postgres import Database, Template
from schemaproof.rows import fill
from schemaproof.rows.statements import Row

if TYPE_CHECKING:
    from schemaproof.catalog import Identity
    from schemaproof.migration.history import History

type Name = tuple[str, str]  # a table's schema and name

# What the tables of the database that climbs hold: all columns; NULL where it may be; and the same twice.
_RESIDENTS = (Row(0, sparse=False), Row(1, sparse=True), Row(2, sparse=False), Row(2, sparse=False, twin=1))
# One row a table, each with other values: where all of them are refused, any row is.
_ALONE = (Row(1, sparse=True), Row(0, sparse=False), Row(5, sparse=False), Row(8, sparse=False))
_TWINS = (Row(2, sparse=False), Row(2, sparse=False, twin=1))

_TABLES_TRIED = 8  # by itself each; a revision changes few
_ROWS_SHOWN = 3  # of a table

# A refusal of these classes is of the values: data exceptions, and integrity constraints (manual, Appendix A).
_OF_VALUES = ("22", "23")
_NOT_NULL = "23502"
# Statements by their first word that neither read nor write rows.
_DEFINING = frozenset({"ALTER", "CREATE", "DROP", "COMMENT", "GRANT", "REVOKE", "SET", "RESET", "SAVEPOINT", "RELEASE"})


@dataclass(frozen=True)
class Refused:
    """An upgrade that fails on tables with rows, and passes on empty ones.

    Attributes:
        run: the one that failed, on the fewest rows that were found.
        any_row: whether it fails whatever a row is like.
        deliberate: whether the revision refuses by an error of its own.
        older: whether it passes on rows that can be made just before it, and fails on some that were made earlier,
            which a constraint that is NOT VALID, say, would not take any more.
        tables: where the rows are that it fails on; none where several tables must have some.
        rows: those rows, a line each.
    """

    run: Run
    any_row: bool = False
    deliberate: bool = False
    older: bool = False
    tables: tuple[Name, ...] = ()
    rows: tuple[str, ...] = ()


class Inhabited:
    """Runs the upgrades of ``history`` on rows, one revision after the other.

    Rows that were made for an early revision go through all later ones; tables that are empty get some after each.
    """

    def __init__(self, history: "History") -> None:
        self._history = history
        self._climbing: tuple[int, Database] | None = None  # by the number of its revisions
        self._bare: tuple[int, Database] | None = None  # without rows of ours; made where an upgrade fails on them

    def close(self) -> None:
        """Drop the databases."""
        for held in (self._climbing, self._bare):
            if held is not None:
                held[1].drop()
        self._climbing = self._bare = None

    def examine(self, index: int) -> Refused | None:
        """What the upgrade of the revision at ``index`` refuses; None for nothing.

        It is known to pass on empty tables.

        Raises:
            UpgradeFailedError: when a revision below it can't be applied.
            SubjectError, PostgresError: when nothing can be said of it.
        """
        database = self._arrive(index)
        run = self._upgrade(database, index)
        if run.error is None:
            self._climbing = (index + 1, database)
            self._fill(database)
            return None
        self._leave()
        bare = self._bare_at(index)
        refused = self._judge(run, bare, index)
        # The next ones meet rows that were made after this one.
        if self._upgrade(bare, index).error is None:
            self._bare = (index + 1, bare)
            self._climb_from(index + 1, bare.server.clone(Template(bare.name)))
        else:
            self.close()
        return refused

    def _arrive(self, index: int) -> Database:
        if self._climbing is None or self._climbing[0] != index:
            self._leave()
            self._climb_from(index, self._history.build(index))
        assert self._climbing is not None  # noqa: S101 (it was just made)
        return self._climbing[1]

    def _climb_from(self, index: int, database: Database) -> None:
        with dropped_on_error(database):
            self._fill(database)
        self._climbing = (index, database)

    def _leave(self) -> None:
        if self._climbing is not None:
            self._climbing[1].drop()
            self._climbing = None

    def _bare_at(self, index: int) -> Database:
        below = self._bare
        if below is not None and below[0] <= index:
            between = self._history.revisions[below[0] : index]
            environment, script = self._history.environment, self._history.chain.script
            if not between or environment.upgrade(script, below[1], between).error is None:
                self._bare = (index, below[1])
                return below[1]
        if below is not None:
            below[1].drop()
            self._bare = None
        self._bare = (index, self._history.build(index))
        return self._bare[1]

    def _upgrade(self, database: Database, index: int) -> Run:
        history = self._history
        with dropped_on_error(database):
            run = history.environment.upgrade(history.chain.script, database, history.revisions[index : index + 1])
            return history.checked(run)

    def _fill(
        self, database: Database, rows: Sequence[Row] = _RESIDENTS, tables: Sequence[Name] | None = None
    ) -> Sequence[str]:
        with _connected(database) as connection:
            return fill(connection, leave=[self._history.version_table], tables=tables, rows=rows).filled

    def _judge(self, run: Run, bare: Database, index: int) -> Refused:
        """Find the fewest rows that the upgrade fails on."""
        if _is_refusal(run):
            return Refused(run, deliberate=True)
        alone = [(row, self._tried(bare, index, (row,))) for row in _ALONE]
        failing: list[tuple[Sequence[Row], Run]] = [((row,), tried) for row, tried in alone if tried.error is not None]
        any_row = len(failing) == len(alone) and all(_whatever_the_values(tried) for _, tried in failing)
        if not failing:
            several = [(rows, self._tried(bare, index, rows)) for rows in (_TWINS, _RESIDENTS)]
            failing = [(rows, tried) for rows, tried in several if tried.error is not None]
        if not failing:
            return Refused(run, older=True)
        rows, run = failing[0]
        for table in self._candidates(index)[:_TABLES_TRIED]:
            shown: list[str] = []
            tried = self._tried(bare, index, rows, [table], shown)
            if tried.error is not None and sqlstate(tried.error) == sqlstate(run.error):
                return Refused(tried, any_row, tables=(table,), rows=tuple(shown))
        return Refused(run, any_row)

    def _tried(
        self,
        bare: Database,
        index: int,
        rows: Sequence[Row],
        tables: Sequence[Name] | None = None,
        shown: list[str] | None = None,
    ) -> Run:
        """The upgrade on ``rows``, in ``tables`` and what they refer to or in all; puts those rows into ``shown``."""
        with bare.server.clone(Template(bare.name)) as database:
            if tables is None:
                self._fill(database, rows)
            else:
                self._fill_with_parents(database, rows, tables)
            if shown is not None:
                with _connected(database) as connection:
                    shown.extend(line for table in tables or () for line in _lines(connection, table))
            return self._upgrade(database, index)

    def _fill_with_parents(self, database: Database, rows: Sequence[Row], tables: Sequence[Name]) -> None:
        wanted = set(tables)
        with _connected(database) as connection:
            while more := {parent for table in wanted for parent in _parents(connection, table)} - wanted:
                wanted |= more
            others = sorted(wanted - set(tables))
            if others:
                fill(connection, leave=[self._history.version_table], tables=others, rows=[Row(0, sparse=False)])
            fill(connection, leave=[self._history.version_table], tables=tables, rows=rows)

    def _candidates(self, index: int) -> list[Name]:
        """The tables that the revision changes."""
        stairs = self._history.stairs(self._history.revisions[index].revision)
        tables = (_table_of(difference.identity) for difference in stairs.changed)
        before = {(one.schema, one.name) for one in stairs.before.objects if one.kind == "table"}
        return [one for one in dict.fromkeys(tables) if one in before]


def _table_of(identity: "Identity") -> Name:
    return (identity.schema, identity.parent or identity.name)


def _is_refusal(run: Run) -> bool:
    """Whether the project's own code says that these rows must not be there: a ``raise``, or RAISE in a DO block."""
    if is_deliberate(run) or isinstance(run.error, AssertionError):
        return True
    return sqlstate(run.error) == "P0001" and "inline_code_block" in _said(run.error, "context").partition("\n")[0]


def _whatever_the_values(run: Run) -> bool:
    """Whether the refusal can't be one of the values that the row happens to have."""
    code = sqlstate(run.error)
    if code is None:  # Python's: of a value that a table in the code does not have, perhaps
        return False
    if code != _NOT_NULL:
        return not code.startswith(_OF_VALUES)
    # A column that is NULL because an UPDATE before found nothing may be filled in other rows.
    return run.redirection.words <= _DEFINING


def _said(error: BaseException | None, name: str) -> str:
    """A field of the server's error report, whichever driver brought it; "" where it is not there."""
    orig = getattr(error, "orig", None)
    for one in (getattr(orig, "diag", None), orig, getattr(orig, "__cause__", None)):
        value = getattr(one, name, None)
        if isinstance(value, str):
            return value
    return ""


def not_null_column(error: BaseException | None) -> tuple[str, str] | None:
    """Table and column that a violation of NOT NULL is about; None for any other error."""
    if sqlstate(error) != _NOT_NULL:
        return None
    table, column = _said(error, "table_name"), _said(error, "column_name")
    return (table, column) if table and column else None


@contextlib.contextmanager
def _connected(database: Database) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database.dsn, autocommit=True, application_name="schemaproof") as connection:
        yield connection


_PARENTS = """
SELECT n.nspname, p.relname
FROM pg_constraint c JOIN pg_class p ON p.oid = c.confrelid JOIN pg_namespace n ON n.oid = p.relnamespace
WHERE c.contype = 'f' AND c.conrelid = to_regclass(%s)
"""


def _parents(connection: psycopg.Connection[Any], table: Name) -> list[Name]:
    return connection.execute(_PARENTS, [sql.Identifier(*table).as_string(connection)]).fetchall()


def _lines(connection: psycopg.Connection[Any], table: Name) -> Iterator[str]:
    """The first rows of ``table``, as text: what a table of them would show."""
    query = sql.SQL("SELECT t::text FROM {} t LIMIT {}").format(sql.Identifier(*table), _ROWS_SHOWN)
    names = sql.SQL(
        "SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
        " AND NOT attisdropped"
    )
    row = connection.execute(names, [sql.Identifier(*table).as_string(connection)]).fetchone()
    for (text,) in connection.execute(query).fetchall():
        yield f"{'.'.join(table)} ({row[0] if row else ''}) = {text}"
