"""DELETE in SQL beside what the model says, over rows that Hypothesis draws and shrinks."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import psycopg
from hypothesis import strategies as st
from psycopg import sql

from schemaproof.proofs.deletes import oracle
from schemaproof.proofs.deletes.comparing import adopted, differing_keys, orphans
from schemaproof.proofs.deletes.graph import ForeignKey, Graph, TableName
from schemaproof.proofs.deletes.ground import Ground, ranking
from schemaproof.proofs.deletes.outcome import Outcome, Refusal, Row, Rows, agree
from schemaproof.proofs.deletes.searching import SearchError, search
from schemaproof.rows.population import Population
from schemaproof.rows.population import Rows as Planted
from schemaproof.rows.shrinking import fewest

_MOST_TARGETS = 3  # rows that one DELETE names
_PLACES = 8  # by which they are named: the n-th row of the table, modulo how many there are

type Cursor = psycopg.Cursor[tuple[Any, ...]]
type Case = tuple[Planted, list[int]]


@dataclass(frozen=True)
class Deleted:
    """One DELETE on the server.

    Attributes:
        table: from which.
        targets: the rows that it named, by their place in ``before``.
        before: the rows of the tables of the scope.
        after: what was left, all constraints checked; or who refused it.
    """

    table: TableName
    targets: tuple[int, ...]
    before: Rows
    after: Outcome


@dataclass(frozen=True)
class Disagreement:
    """A delete of which the model says something else.

    Attributes:
        deleted: what the server did, with the fewest and plainest rows that show it.
        expected: what the model says.
        key: the one whose declaration, taken from the database, makes the model agree; None where none does.
        orphans: whether rows were left that refer to nothing.
    """

    deleted: Deleted
    expected: Outcome
    key: ForeignKey | None
    orphans: bool


class Deletes:
    """Deletes in one database, each of which is rolled back.

    Args:
        cursor: of a connection in autocommit mode.
        ground: what is known of the database.
        examples: how many cases are drawn for each scope.

    Attributes:
        ground: the same.
        unsteady: parents of which nothing certain can be said, each with the reason.
    """

    def __init__(self, cursor: Cursor, ground: Ground, *, examples: int) -> None:
        self._cursor = cursor
        self.ground = ground
        self._examples = examples
        self.unsteady: dict[TableName, str] = {}

    def disagreements(self, root: TableName, scope: Sequence[TableName]) -> list[Disagreement]:
        """Where deletes of rows of ``root`` do not what the model says: one for each key that makes a difference."""
        model, found = self.ground.model, []
        while (case := self._find(model, root, scope)) is not None:
            one = self._examined(model, root, scope, case)
            again = self.delete(root, scope, case)
            steady = again is not None and agree(self.ground.both, again.after, one.deleted.after)
            if not steady or agree(self.ground.both, one.expected, one.deleted.after):
                self.unsteady[root] = "the same rows, deleted again, leave others"
                break
            found.append(one)
            if one.key is None:
                break
            model = adopted(model, one.key, self.ground.database)
        return found

    def _find(self, model: Graph, root: TableName, scope: Sequence[TableName]) -> Case | None:
        def wrong(case: Case) -> bool:
            deleted = self.delete(root, scope, case)
            return deleted is not None and not agree(self.ground.both, expected(model, deleted), deleted.after)

        return self.first(scope, wrong)

    def first(self, scope: Sequence[TableName], condition: Callable[[Case], bool]) -> Case | None:
        """The plainest case for the tables of ``scope`` of which ``condition`` is true; None where none is found."""
        try:
            case = search(
                cases(self.ground.population, scope),
                condition,
                examples=self._examples,
                samples=samples(self.ground.population, scope),
            )
        except SearchError as error:
            self.unsteady[scope[0]] = f"{error}{shown(error.case)}"
            return None
        return None if case is None else plainest(case, condition, scope[0], self.ground)

    def _examined(self, model: Graph, root: TableName, scope: Sequence[TableName], case: Case) -> Disagreement:
        deleted = self.delete(root, scope, case)
        assert deleted is not None  # noqa: S101 (it was found by this)
        key = None
        for candidate in differing_keys(model, self.ground.database):
            mended = adopted(model, candidate, self.ground.database)
            if agree(self.ground.both, expected(mended, deleted), deleted.after):
                key = candidate
                break
        return Disagreement(deleted, expected(model, deleted), key, orphans(model, deleted.after))

    def delete(self, root: TableName, scope: Sequence[TableName], case: Case) -> Deleted | None:
        """What one DELETE does to the rows of ``case``; None where there is none, or none could be planted."""
        rows, numbers = case
        cursor, population = self._cursor, self.ground.population
        tables = self.ground.told(scope, rows)
        cursor.execute("BEGIN")
        try:
            if not planted(cursor, population, rows):
                return None
            before = _read(cursor, population, tables)
            held = before[root]
            if not held:
                return None
            targets = chosen(self.ground.both, root, held, numbers)
            return Deleted(root, targets, before, self._after(root, [held[one] for one in targets], tables))
        finally:
            cursor.execute("ROLLBACK")

    def _after(self, root: TableName, rows: Sequence[Any], tables: Sequence[TableName]) -> Outcome:
        try:
            self._cursor.execute(deletion(root, rows))
            self._cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        except psycopg.Error as error:
            return refusal(error)
        return _read(self._cursor, self.ground.population, tables)


def plainest(case: Case, condition: Callable[[Case], bool], root: TableName, ground: Ground) -> Case:
    """``case`` with as few rows, to be there and to be deleted from ``root``, as leave ``condition`` true."""
    rows, numbers = case
    numbers = next(([one] for one in numbers if condition((rows, [one]))), numbers)

    def fits(fewer: Planted) -> bool:
        nonlocal numbers
        if orphans(ground.planted, whole(fewer)):  # the server would refuse them
            return False
        places = ([place] for place in range(min(len(fewer[root]), _PLACES)) if [place] != numbers)
        found = next((some for some in (numbers, *places) if condition((fewer, some))), None)
        numbers = found or numbers
        return found is not None

    return fewest(rows, fits), numbers


def whole(rows: Planted) -> Rows:
    """Rows to be planted, as those that are read."""
    return {TableName(*name): some for name, some in rows.items()}


def planted(cursor: Cursor, population: Population, rows: Planted) -> bool:
    """Whether the server takes ``rows``, which are there then; raises where the connection is lost."""
    try:
        population.plant(cursor, rows)
    except psycopg.Error as error:  # a trigger may raise anything
        refusal(error)
        return False
    return True


def chosen(graph: Graph, table: TableName, held: Sequence[Row], numbers: Sequence[int]) -> tuple[int, ...]:
    """The places in ``held`` that ``numbers`` stand for, wherever the server has put the rows this time."""
    ranked = ranking(graph, table, held)
    return tuple(sorted({ranked[number % len(ranked)] for number in numbers}))


def shown(case: object) -> str:
    """The rows of a case, for a note; "" where there are none."""
    rows = case[0] if isinstance(case, tuple) and case else case
    while isinstance(rows, tuple) and rows:
        rows = rows[0]
    if not isinstance(rows, Mapping):
        return ""
    return "".join(f"\n{'.'.join(name)}: {dict(row)}" for name, some in rows.items() for row in some)


def deletion(table: TableName, rows: Sequence[Row]) -> sql.Composed:
    """The DELETE of ``rows`` as they were read."""
    return sql.SQL("DELETE FROM {} t WHERE {}").format(sql.Identifier(*table), at("t", rows=rows))


def at(*table: str, rows: Sequence[Row]) -> sql.Composed:
    """The condition that names ``rows``, which were read in this transaction, by the place where each lies.

    A place is one of a partition, or of a table that inherits from the one that a query names. There are no parameters,
    since a name may hold what stands for one.

    Args:
        table: the name by which the query knows it, with or without its schema.
        rows: with "tableoid" and "ctid".
    """
    places: dict[str, list[str]] = {}
    for row in rows:
        places.setdefault(str(row["tableoid"]), []).append(str(row["ctid"]))
    conditions = [
        sql.SQL("{a}.tableoid = {oid} AND {a}.ctid = ANY ({tids}::tid[])").format(
            a=sql.Identifier(*table),
            oid=sql.Literal(int(oid)),
            tids=sql.Literal("{" + ",".join(f'"{one}"' for one in ctids) + "}"),
        )
        for oid, ctids in places.items()
    ]
    return sql.SQL(" OR ").join(conditions) if conditions else sql.Composed([sql.SQL("false")])


def refusal(error: psycopg.Error) -> Refusal:
    """The server's refusal of a statement; raises ``error`` where the connection is lost."""
    if error.sqlstate is None or error.sqlstate.startswith(("08", "57P")):
        raise error
    foreign = error.sqlstate in {"23503", "23001"}
    return Refusal(error.diag.message_primary or str(error), (error.diag.constraint_name or "") if foreign else "")


def expected(model: Graph, deleted: Deleted, *, own: bool = True) -> Outcome:
    """What the model says of the same rows.

    Args:
        model: the keys.
        deleted: the delete.
        own: whether the rows were written by the same transaction, as here, or committed before, as in an application:
            PostgreSQL checks the references of the former more often, and refuses a few deletes more.
    """
    try:
        said = oracle.delete(model, deleted.before, [(deleted.table, one) for one in deleted.targets], own=own)
    except oracle.UnknownDefaultError:  # of a default that is another one at every call
        return deleted.after
    if isinstance(said, oracle.Refused):
        by = said.key or f"{said.table} ({', '.join(said.columns)})"
        return Refusal(f"{by}: {said.why}", said.key.name if said.key else "")
    return said


def cases(population: Population, scope: Sequence[TableName]) -> st.SearchStrategy[Case]:
    """Rows for a scope's tables, some in the first, and numbers for those to delete: ``({("a", "t"): [...]}, [0])``."""
    filled = population.rows(scope, filled=scope[:1]).filter(lambda rows: bool(rows[scope[0]]))
    return st.tuples(filled, st.lists(st.integers(0, _PLACES - 1), min_size=1, max_size=_MOST_TARGETS))


def samples(population: Population, scope: Sequence[TableName]) -> Callable[[Random], Iterator[Case]]:
    """The same cases, drawn without Hypothesis."""

    def drawn(random: Random) -> Iterator[Case]:
        for rows in population.samples(scope, filled=scope[:1]).drawn(random):
            numbers = [random.randrange(_PLACES) for _ in range(random.randint(1, _MOST_TARGETS))]
            if rows[scope[0]]:
                yield rows, numbers

    return drawn


def _read(cursor: Cursor, population: Population, tables: Sequence[TableName]) -> Rows:
    return {TableName(*name): held for name, held in population.read(cursor, tables).items()}
