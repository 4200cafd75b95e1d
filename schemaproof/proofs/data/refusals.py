"""An upgrade that fails on tables with rows: on which rows, and how few of them."""

import re
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql
from sqlalchemy.exc import ArgumentError, CompileError

from schemaproof.catalog import Identity
from schemaproof.catalog.names import unquoted
from schemaproof.figure import Grid
from schemaproof.migration.environment import Run, sqlstate
from schemaproof.migration.evidence import is_project_file, place_shown
from schemaproof.migration.intent import is_deliberate
from schemaproof.postgres import Database, Template
from schemaproof.proofs.data import showing, snapshot
from schemaproof.proofs.data.conditions import Conditions
from schemaproof.proofs.data.population import bounds_at_head, connected, populate
from schemaproof.proofs.data.snapshot import Name
from schemaproof.proofs.data.writes import Write, writes
from schemaproof.rows.filling import RowsOf
from schemaproof.rows.statements import Row
from schemaproof.rows.variety import (
    BLANK,
    CHILD_OF_TWIN,
    LONG,
    ORDINARY,
    TWIN,
    UNATTACHED,
    UPPER,
    labels,
    twins_in_part,
    varied,
)

if TYPE_CHECKING:
    from schemaproof.catalog import Catalog
    from schemaproof.catalog.values import Attributes
    from schemaproof.migration.history import History
    from schemaproof.migration.stairway import Stairs

# One row a table, each with other values: where all of them are refused, any row is.
_ALONE = (Row(1, sparse=True), Row(0, sparse=False), Row(5, sparse=False), Row(8, sparse=False))

# What Python and SQLAlchemy raise for code that can't run, whatever the rows hold.
_OF_CODE = (NameError, ImportError, SyntaxError, ArgumentError, CompileError)

_TABLES_TRIED = 8  # by itself each; a revision changes few

# A refusal of these classes is of the values: data exceptions, and integrity constraints (manual, Appendix A).
_OF_VALUES = ("22", "23")
_NOT_NULL = "23502"
_CHECK = "23514"
_REQUIRES = re.compile(r"CHECK \(+([^()\s]+) IS NOT NULL\)+")
_WORD = re.compile(r"[\w$]+")
# Statements by their first word that neither read nor write rows.
DEFINING = frozenset({"ALTER", "CREATE", "DROP", "COMMENT", "GRANT", "REVOKE", "SET", "RESET", "SAVEPOINT", "RELEASE"})


@dataclass(frozen=True)
class Refused:
    """An upgrade that fails on tables with rows, and passes on empty ones.

    Attributes:
        run: the one that failed, on the fewest rows that were found.
        any_row: whether it fails whatever a row is like.
        deliberate: whether the revision refuses by an error of its own.
        outside: whether what it fails on is not in the database: a service that doesn't answer, a file.
        older: whether it passes on rows that can be made just before it, and fails on some that were made earlier,
            which a constraint that is NOT VALID, say, would not take any more.
        tables: where the rows are that it fails on; none where several tables must have some.
        rows: those rows, as a small table and lines around it.
        kind: what is peculiar of them, in words; "" for nothing.
    """

    run: Run
    any_row: bool = False
    deliberate: bool = False
    outside: bool = False
    older: bool = False
    tables: tuple[Name, ...] = ()
    rows: tuple[str | Grid, ...] = ()
    kind: str = ""


def judge(history: "History", run: Run, bare: Database, index: int, upgrade: Callable[[Database], Run]) -> Refused:
    """The fewest rows that the upgrade of the revision at ``index`` fails on.

    Args:
        history: whose revision it is.
        run: the one that failed, on rows that have climbed.
        bare: a database in the state before it, without rows of ours; is only cloned.
        index: its place.
        upgrade: runs it.
    """
    if _is_refusal(run):
        return Refused(run, deliberate=True)
    if _is_outside(run.error):
        return Refused(run, outside=True)
    trials = Trials(history, bare, upgrade, history.stairs(history.revisions[index].revision))
    alone = [(row, trials.tried(rows_of(row))) for row in _ALONE]
    failing: list[tuple[str, RowsOf, Run]] = [("", rows_of(row), tried) for row, tried in alone if tried.error]
    any_row = all(_whatever_the_values(tried) for _, tried in alone)
    if not failing:
        found = next(((kind, rows, one) for kind, rows in variants(history) if (one := trials.tried(rows)).error), None)
        failing = [found] if found else []
    if not failing:
        return Refused(run, older=True)
    kind, rows, run = failing[0]
    for table in trials.parents_first(_candidates(history, index, run)[:_TABLES_TRIED]):
        shown: list[str | Grid] = []
        tried = trials.tried(rows, [table], shown, failed_statement(run.error))
        if tried.error is not None and _alike(tried.error, run.error):
            return Refused(tried, any_row, tables=(table,), rows=tuple(shown), kind=kind)
    return Refused(run, any_row, kind=kind)


def rows_of(*rows: Row) -> RowsOf:
    """The same rows for every table."""
    return lambda _types, _table: rows


def variants(history: "History") -> Iterator[tuple[str, RowsOf]]:
    """An ordinary row, then what else rows may be like, one thing after the other, and last all of it together."""
    like = ORDINARY[2]
    yield "", rows_of(like)
    yield "NULL wherever it may be", rows_of(ORDINARY[1])
    yield "rows that refer to none", rows_of(UNATTACHED)
    yield "rows with each of its labels", labels
    yield "two rows with the same values", rows_of(like, TWIN)
    yield "two rows with the same values in part of a key", lambda types, table: [like, *twins_in_part(types, table)]
    yield "two rows with the same values, for which the condition of an index holds", history.kept(Conditions).rows
    bounds = bounds_at_head(history)
    if bounds:
        yield "rows of the default partition that a later partition takes", bounds.rows
    yield "two rows that differ in nothing but upper and lower case", rows_of(like, UPPER)
    yield "two rows that differ in nothing but a blank at the end", rows_of(like, BLANK)
    yield "values as long and as exact as the columns allow", rows_of(LONG)
    yield "ordinary rows", rows_of(*ORDINARY)
    yield "rows with the same values that refer to different ones", rows_of(*ORDINARY, TWIN, CHILD_OF_TWIN)
    yield "", varied


@dataclass(frozen=True)
class Trials:
    """Runs of one revision on few rows.

    Attributes:
        history: whose revision it is.
        bare: a database in the state before the run, without rows of ours; is only cloned.
        upgrade: runs it, up or down.
        stairs: the revision's.
    """

    history: "History"
    bare: Database
    upgrade: Callable[[Database], Run]
    stairs: "Stairs"

    def tried(
        self,
        rows: RowsOf,
        tables: Sequence[Name] | None = None,
        shown: list[str | Grid] | None = None,
        statement: str = "",
    ) -> Run:
        """The upgrade on ``rows``, in ``tables`` and what they refer to or in all.

        Puts those rows into ``shown``, with the columns that decide about the ``statement`` which fails.
        """
        with self.bare.server.clone(Template(self.bare.name)) as database:
            if tables is None:
                populate(self.history, database, rows)
            else:
                self._fill_with_parents(database, rows, tables)
            if shown is not None:
                with connected(database) as connection:
                    held = snapshot.read(connection, self.history.version_table)
                for one in tables or ():
                    if (table := held.named(one)) is not None:
                        shown.extend(showing.held(table, table.rows, self.stairs, statement))
            return self.upgrade(database)

    def on_any_row(self, table: Name, shown: list[str | Grid]) -> Run | None:
        """The run on one row in ``table`` that fails, if it does whatever the row is like; puts it into ``shown``."""
        ordinary, *others = [rows_of(row) for row in _ALONE if not row.sparse]
        sparse = [rows_of(row) for row in _ALONE if row.sparse]
        run = self.tried(ordinary, [table], shown)
        if _whatever_the_values(run) and all(
            _whatever_the_values(self.tried(rows, [table])) for rows in (*others, *sparse)
        ):
            return run
        return None

    def parents_first(self, tables: Sequence[Name]) -> list[Name]:
        """``tables``, each after those that it refers to: rows of these are there too, and may be what is refused."""
        if len(tables) < 2:
            return list(tables)
        with self.bare.server.clone(Template(self.bare.name)) as database, connected(database) as connection:
            above = {table: len(_with_parents(connection, [table])) for table in tables}
        return sorted(tables, key=above.__getitem__)

    def _fill_with_parents(self, database: Database, rows: RowsOf, tables: Sequence[Name]) -> None:
        with connected(database) as connection:
            wanted = _with_parents(connection, tables)
        others = sorted(wanted - set(tables))
        if others:
            populate(self.history, database, rows_of(Row(0, sparse=False)), others)
        populate(self.history, database, rows, tables)


def _with_parents(connection: "psycopg.Connection[Any]", tables: Iterable[Name]) -> set[Name]:
    """``tables``, what they refer to, and what that refers to."""
    wanted = set(tables)
    while more := {parent for table in wanted for parent in _parents(connection, table)} - wanted:
        wanted |= more
    return wanted


def _candidates(history: "History", index: int, run: Run) -> list[Name]:
    """The tables of which the statement that failed changes a type, then those that the revision changes, the whole of
    a partitioned one that it gives a partition; last those that the statement names, or where Python failed those that
    any does.
    """
    stairs = history.stairs(history.revisions[index].revision)
    before = {(one.schema, one.name): one for one in stairs.before.objects if one.kind == "table"}
    after = stairs.first.objects if stairs.first is not None else {}
    found: list[Name] = []
    for difference in stairs.changed:
        name = (difference.identity.schema, difference.identity.parent or difference.identity.name)
        if difference.identity.kind == "type":  # an enum: whoever has a column of it
            found += _with_columns_of(difference.identity, stairs.before.objects)
            continue
        whole = after.get(difference.identity, {}).get("partition of")
        found += [_named(str(whole), name[0])] if whole else [name]
    failed = writes([failed_statement(run.error)], {})
    named = [(name, one.kind) for name in before for one in failed.found if one.of({name})]
    # With rows of a child, which the revision changes too, its parents have some.
    found = [name for name, kind in named if kind == "type"] + found + [name for name, _ in named]
    found += [(said(run.error, "schema_name"), said(run.error, "table_name"))]  # whose foreign key refuses, say
    if sqlstate(run.error) is None:
        words = {word for statement in run.redirection.noise.whole for word in _WORD.findall(statement)}
        found += [name for name in before if name[1] in words]
    return [one for one in dict.fromkeys(found) if one in before]


def failed_statement(error: BaseException | None) -> str:
    """The one that failed; "" where Python did."""
    return str(getattr(error, "statement", None) or "")


def _alike(one: BaseException, other: BaseException | None) -> bool:
    """Whether these are of one kind: of the server's by its code, of Python's by their class."""
    code = sqlstate(one)
    return code == sqlstate(other) if code is not None else type(one) is type(other)


def _with_columns_of(kind: Identity, objects: "Mapping[Identity, Attributes]") -> Iterator[Name]:
    for identity, attributes in objects.items():
        if identity.kind == "column" and unquoted(str(attributes.get("type")))[-1] == kind.name:
            yield identity.schema, identity.parent


def _named(printed: str, schema: str) -> Name:
    """The table that a regclass prints."""
    parts = unquoted(printed)
    return (parts[-2] if len(parts) > 1 else schema, parts[-1])


def _is_refusal(run: Run) -> bool:
    """Whether the project's own code says that these rows must not be there: a ``raise``, or RAISE in a DO block."""
    if is_deliberate(run) or isinstance(run.error, AssertionError):
        return True
    return sqlstate(run.error) == "P0001" and "inline_code_block" in said(run.error, "context").partition("\n")[0]


def _is_outside(error: BaseException | None) -> bool:
    """Whether the operating system refused something that the revision does for rows, the network included."""
    while error is not None and sqlstate(error) is None:
        if isinstance(error, OSError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _whatever_the_values(run: Run) -> bool:
    """Whether it fails, and can't do so for one of the values that the row happens to have."""
    code = sqlstate(run.error)
    if code is None:  # Python's: of a value that a table in the code does not have, perhaps
        return _is_of_code(run.error)
    if code != _NOT_NULL:
        return not code.startswith(_OF_VALUES)
    # What a conversion makes of a value depends on it. A column that is NULL because an UPDATE before found nothing may
    # be filled in other rows; one that the statement itself adds could not.
    if retyped(run.error) is not None:
        return False
    return run.redirection.words <= DEFINING or _adds(str(getattr(run.error, "statement", "")), run.error)


def _is_of_code(error: BaseException | None) -> bool:
    """Whether the code can't run whatever it is given: an object lacks what it is asked for, and holds no document."""
    if isinstance(error, AttributeError):
        return isinstance(error.obj, ModuleType) or type(error.obj).__module__ != "builtins"
    return isinstance(error, _OF_CODE)


def code_line(run: Run) -> str:
    """The last line of the project's code that the error of Python's passed, as an editor opens it; "" for others."""
    if run.error is None or sqlstate(run.error) is not None:
        return ""
    frames = [one for one in traceback.extract_tb(run.error.__traceback__) if is_project_file(one.filename)]
    return place_shown(frames[-1].filename, frames[-1].lineno or 0, run.project) if frames else ""


def _adds(statement: str, error: BaseException | None) -> bool:
    """Whether ``statement`` adds the column that must not be NULL."""
    column = re.escape(said(error, "column_name"))
    added = rf"""\s*ALTER\s+TABLE\b.*\bADD\s+(COLUMN\s+)?(IF\s+NOT\s+EXISTS\s+)?"?{column}"?\s"""
    return bool(column) and re.match(added, statement, re.IGNORECASE | re.DOTALL) is not None


def retyped(error: BaseException | None) -> Write | None:
    """The ALTER ... TYPE that failed, of the column that must not be NULL; None where no statement has one."""
    column = said(error, "column_name")
    found = writes([failed_statement(error)], {}).found if column else ()
    return next((one for one in found if one.kind == "type" and column in one.columns), None)


def said(error: BaseException | None, name: str) -> str:
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
    table, column = said(error, "table_name"), said(error, "column_name")
    return (table, column) if table and column else None


def required_column(error: BaseException | None, before: "Catalog") -> tuple[str, str] | None:
    """As ``not_null_column``, and of a CHECK (... IS NOT NULL) that was there ``before`` without being validated."""
    if sqlstate(error) != _CHECK:
        return not_null_column(error)
    schema, table, name = (said(error, field) for field in ("schema_name", "table_name", "constraint_name"))
    constraint = before.objects.get(Identity("constraint", schema or "public", table, name), {})
    column = _REQUIRES.fullmatch(str(constraint.get("definition")))
    return (table, unquoted(column[1])[-1]) if column else None


_PARENTS = """
SELECT n.nspname, p.relname
FROM pg_constraint c JOIN pg_class p ON p.oid = c.confrelid JOIN pg_namespace n ON n.oid = p.relnamespace
WHERE c.contype = 'f' AND c.conrelid = to_regclass(%s)
"""


def _parents(connection: psycopg.Connection[Any], table: Name) -> list[Name]:
    return connection.execute(_PARENTS, [sql.Identifier(*table).as_string(connection)]).fetchall()
