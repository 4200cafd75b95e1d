"""The ORM's delete beside the one in SQL, over rows that Hypothesis draws and shrinks."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, cycle, islice
from random import Random
from typing import Any

import psycopg
import sqlalchemy.exc
from hypothesis import strategies as st
from sqlalchemy import Connection
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from schemaproof.proofs.deletes.comparing import orphans
from schemaproof.proofs.deletes.deletes import (
    Case,
    Cursor,
    Deleted,
    cases,
    chosen,
    deletion,
    expected,
    plainest,
    planted,
    refusal,
    samples,
    shown,
    whole,
)
from schemaproof.proofs.deletes.emptiness import around, empty_ones
from schemaproof.proofs.deletes.graph import ForeignKey, TableName
from schemaproof.proofs.deletes.ground import Ground, told_columns
from schemaproof.proofs.deletes.loading import load
from schemaproof.proofs.deletes.mapping import Relation
from schemaproof.proofs.deletes.outcome import Outcome, Refusal, Row, Rows, agree
from schemaproof.proofs.deletes.searching import SearchError, search
from schemaproof.proofs.deletes.traffic import Traffic, watched
from schemaproof.rows.population import Rows as Planted
from schemaproof.rows.shrinking import fewest

_MOST_SENT = 40_000  # statements of the ORM: each takes about a millisecond
_SEARCHED = 150  # cases, of two kinds, that are looked through for one
_FITTING = (
    12  # of those that have as many children as asked for: they go to the server, and what it refuses, it refuses
)

# Classes of SQLSTATE: data exceptions, and names and types that are not there. The model is not what the database has,
# which others tell; nothing follows for deletes.
_UNLIKE = ("22", "42")

type Drawn = tuple[Case, bool]


@dataclass(frozen=True)
class Flushed:
    """One delete, by the ORM and in SQL, of the same rows.

    Attributes:
        relation: the relationship that was in question.
        loaded: whether what it leads to was loaded before.
        targets: the rows that were deleted, by their place in ``before``.
        before: the rows.
        by_orm: what ``Session.delete`` and a flush left.
        by_sql: what DELETE left.
        traffic: of the flush.
    """

    relation: Relation
    loaded: bool
    targets: tuple[int, ...]
    before: Rows
    by_orm: Outcome
    by_sql: Outcome
    traffic: Traffic


@dataclass(frozen=True)
class Examined:
    """What deletes along a relationship showed.

    Attributes:
        worst: the plainest delete that the ORM does not do as SQL does; None where there is none.
        childless: a delete of a parent without children, where the flush does more for one with two, and the database
            would do it by itself.
        with_two: that one.
    """

    worst: Flushed | None
    childless: Flushed | None = None
    with_two: Flushed | None = None


class UndecidedError(Exception):
    """Nothing can be said of a relationship's deletes; the text says why, in the words of what was in the way."""


class Flushes:
    """Deletes by the ORM in one database, each of which is rolled back.

    Args:
        connection: psycopg's, with no transaction begun.
        ground: what is known of the database.
        examples: how many cases are drawn for each relationship.
        most: how many statements the ORM may have sent when another relationship is begun.
    """

    def __init__(self, connection: Connection, ground: Ground, *, examples: int, most: int = _MOST_SENT) -> None:
        self._connection = connection
        raw: Any = connection.connection.driver_connection
        self._cursor: Cursor = raw.cursor()
        self._ground = ground
        self._examples = examples
        self._most = most
        self._sent = 0
        self._failed: Exception | None = None  # the first that was not the server's doing

    def examine(self, relation: Relation, *, plainly: bool = True) -> Examined:
        """Deletes along ``relation``, as many as are drawn until one goes wrong.

        Args:
            relation: along which.
            plainly: whether the rows that show what goes wrong are made as few and plain as they can be.

        Raises:
            UndecidedError: when none could be tried, the same delete leaves one thing once and another thing then, or
                others have sent as many statements as all of them may.
        """
        if self._sent >= self._most:
            raise UndecidedError(f"not tried, after {self._sent} statements for other relationships")
        scope, tried = self._scope(relation), set[bool]()
        loaded = st.booleans() if relation.loadable else st.just(value=False)
        drawn = st.tuples(cases(self._ground.population, scope), loaded)

        def sampled(random: Random) -> Iterator[Drawn]:
            turns = cycle([False, True] if relation.loadable else [False])
            return zip(samples(self._ground.population, scope)(random), turns, strict=False)

        self._failed = None

        def wrong(one: Drawn) -> bool:
            flushed = self.delete(relation, one)
            if flushed is not None:
                tried.add(flushed.loaded)
            return flushed is not None and self.disagree(flushed)

        try:
            shrinks = {} if plainly else {"shrinks": 0}
            found = search(drawn, wrong, examples=self._examples, samples=sampled, **shrinks)
            if False not in tried:  # as most deletes are: what is loaded before may leave out what can't be loaded
                self._raise_undecided()
            if found is not None:
                case, with_children = found
                if plainly:
                    case = plainest(case, lambda fewer: wrong((fewer, with_children)), relation.parent, self._ground)
                return Examined(self._again(relation, (case, with_children)), *self._loaded(relation))
            return Examined(None, *self._loaded(relation))
        except SearchError as error:
            raise UndecidedError(f"{error}{shown(error.case)}") from error

    def _loaded(self, relation: Relation) -> tuple[Flushed | None, Flushed | None]:
        """As ``_growing`` where the database would do that work by itself."""
        return self._growing(relation) if self._passed_on(relation) else (None, None)

    def _passed_on(self, relation: Relation) -> bool:
        """Whether the database would do by itself what is left to do with the rows that the relationship leads to."""
        keys = [key for key in self._ground.database.children(relation.parent) if key.table == relation.reached[0]]
        return bool(keys) and not any(key.on_delete.refuses for key in keys)

    def _again(self, relation: Relation, drawn: Drawn) -> Flushed:
        """The delete once more, which must go wrong as it did before."""
        worst = self.delete(relation, drawn)
        if worst is None or not self.disagree(worst):
            raise UndecidedError(f"the same rows, deleted again, leave others{shown(drawn)}")
        return worst

    def _raise_undecided(self) -> None:
        if self._failed is not None:
            raise UndecidedError(f"{type(self._failed).__name__}: {self._failed}") from self._failed

    def disagree(self, flushed: Flushed) -> bool:
        """Whether the ORM left other rows than SQL, or deleted what was gone."""
        return bool(flushed.traffic.missed) or not agree(self._ground.both, flushed.by_orm, flushed.by_sql)

    def _growing(self, relation: Relation) -> tuple[Flushed | None, Flushed | None]:
        """The deletes of a parent without children and of one with two, where the flush does more for the second."""
        childless, parent = (self._with_children(relation, count) for count in (0, 2))
        if childless and parent and parent.traffic.work > childless.traffic.work:
            return childless, parent
        return None, None

    def _with_children(self, relation: Relation, count: int) -> Flushed | None:
        """The delete of the first row, with no or so many children; None where there is none, or it is refused."""
        keys = [key for key in self._ground.database.children(relation.parent) if key.table == relation.reached[0]]

        def examined(rows: Planted) -> Flushed | None:
            flushed = self.delete(relation, ((rows, [0]), False), rows[relation.parent][0])
            if flushed is None or isinstance(flushed.by_orm, Refusal) or isinstance(flushed.by_sql, Refusal):
                return None
            return flushed

        def counted(rows: Planted) -> bool:
            for parent in rows[relation.parent][:1]:
                return count == sum(_refers(key, child, parent) for key in keys for child in rows[key.table])
            return False

        def fits(rows: Planted) -> bool:
            there = counted(rows) and not orphans(self._ground.planted, whole(rows))
            return there and examined(rows) is not None

        near = list(dict.fromkeys([relation.parent, *relation.reached]))  # rows of others would be work of others
        counts: dict[tuple[str, str], int] = {relation.parent: 1}
        counts[relation.reached[0]] = counts.get(relation.reached[0], 0) + count
        population, random = self._ground.population, Random(0)  # noqa: S311 (the same rows each time)
        drawn = chain(
            islice(population.samples(near, counts=counts).drawn(random), _SEARCHED),
            islice(population.samples(near, filled=near[:1]).drawn(random), _SEARCHED),
        )
        rows = next(filter(fits, islice(filter(counted, drawn), _FITTING)), None)
        return None if rows is None else examined(fewest(rows, fits))

    def _scope(self, relation: Relation) -> list[TableName]:
        """The relationship's tables and what hangs on them directly."""
        near = [relation.parent, *relation.reached]
        known = {TableName(*name) for name in self._ground.population.tables}
        below = [key.table for name in relation.reached for key in self._ground.database.children(name)]
        return [name for name in dict.fromkeys([*near, *below[:6]]) if name in known]

    def delete(self, relation: Relation, drawn: Drawn, row: Row | None = None) -> Flushed | None:
        """One delete, both ways; None where there is no row to delete, or none could be planted.

        Args:
            relation: in question.
            drawn: the rows, the numbers of those to delete, and whether what the relationship leads to is loaded.
            row: of the rows of the parent the one to delete, instead of those that the numbers stand for.
        """
        (rows, numbers), loaded = drawn
        self._connection.begin()
        try:
            self._cursor.execute("SAVEPOINT begun")  # begins the transaction, which planting does not
            if not planted(self._cursor, self._ground.population, rows):
                return None
            before = self._read(relation, rows)
            held = before[relation.parent]
            if not self._told_apart(before):
                return None
            targets = self._targets(relation, held, numbers) if row is None else self._like(relation, held, row)
            return self._flushed(relation, rows, before, targets, loaded=loaded) if targets else None
        finally:
            self._connection.rollback()

    def _told_apart(self, rows: Rows) -> bool:
        """Whether the model's primary keys tell the rows apart, which a database that has others does not see to."""
        for name, held in rows.items():
            columns = self._ground.model.tables[name].primary_key
            values = [tuple(row[one] for one in columns) for row in held] if columns else []
            if len({*values}) < len(values) or any(None in one for one in values):
                return False
        return True

    def _targets(self, relation: Relation, held: Sequence[Row], numbers: Sequence[int]) -> tuple[int, ...]:
        return chosen(self._ground.both, relation.parent, held, numbers) if held else ()

    def _like(self, relation: Relation, held: Sequence[Row], row: Row) -> tuple[int, ...]:
        """The place of ``row`` among rows that were read."""
        names = told_columns(self._ground.both, relation.parent)
        return tuple(
            place for place, one in enumerate(held) if all(one[name] == row.get(name, one[name]) for name in names)
        )[:1]

    def _flushed(
        self, relation: Relation, rows: Planted, before: Rows, targets: tuple[int, ...], *, loaded: bool
    ) -> Flushed | None:
        """The rows at ``targets`` deleted by SQL, and after that is undone by the ORM."""
        doomed = [before[relation.parent][one] for one in targets]
        self._cursor.execute("SAVEPOINT schemaproof")
        by_sql = self._by_sql(relation, rows, doomed)
        self._cursor.execute("ROLLBACK TO schemaproof")
        if self._refused_as_own(Deleted(relation.parent, targets, before, by_sql)):
            return None
        empty = self._empty(relation, before)
        with watched(self._connection, self._names(relation)) as traffic:
            by_orm = self._by_orm(relation, rows, doomed, traffic, loaded=loaded, empty=empty)
        self._sent += traffic.statements + 1
        if by_orm is None:
            return None
        return Flushed(relation, loaded, targets, before, by_orm, by_sql, traffic)

    def _refused_as_own(self, deleted: Deleted) -> bool:
        """Whether the delete is refused only because the same transaction wrote the rows, as none of an application."""
        graph = self._ground.database
        return isinstance(deleted.after, Refusal) and not isinstance(expected(graph, deleted, own=False), Refusal)

    def _names(self, relation: Relation) -> set[str]:
        """The tables whose rows a flush should find: those that the relationship leads to.

        A parent may be gone for another reason: with another one that was deleted, or kept by a trigger.
        """
        return {name.name for name in relation.reached if relation.relationship.mapper.confirm_deleted_rows}

    def _read(self, relation: Relation, rows: Planted) -> Rows:
        tables = self._ground.told(self._scope(relation), rows)
        held = self._ground.population.read(self._cursor, tables)
        return {TableName(*name): some for name, some in held.items()}

    def _by_sql(self, relation: Relation, rows: Planted, doomed: Sequence[Row]) -> Outcome:
        try:
            self._cursor.execute(deletion(relation.parent, doomed))
            self._cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        except psycopg.Error as error:
            return refusal(error)
        return self._read(relation, rows)

    def _empty(self, relation: Relation, before: Rows) -> set[TableName]:
        """The tables around those of ``before`` that hold nothing: triggers may have put rows where none were drawn."""
        held = {name for name, some in before.items() if some}
        readable = {TableName(*name) for name in self._ground.population.tables}
        asked = around(relation.mapper, relation.names, held) & readable
        return empty_ones(self._cursor, asked - before.keys())

    def _by_orm(  # noqa: PLR0913 (what a delete is made of)
        self,
        relation: Relation,
        rows: Planted,
        doomed: Sequence[Row],
        traffic: Traffic,
        *,
        loaded: bool,
        empty: Collection[TableName],
    ) -> Outcome | None:
        try:
            with Session(self._connection, join_transaction_mode="rollback_only", autoflush=False) as session:
                objects = load(session, relation, doomed, loaded=loaded, empty=empty)
                if len(objects) != len(doomed):  # some are of another class
                    return None
                traffic.__init__()  # type: ignore[misc]  # of the delete alone
                for one in objects:
                    session.delete(one)
                session.flush()
                self._cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                return self._read(relation, rows)
        except Exception as error:  # noqa: BLE001 (the subject's types and listeners may raise anything)
            return self._refusal(error)

    def _refusal(self, error: Exception) -> Refusal | None:
        """The refusal that ``error`` is; None where it says nothing about the delete."""
        told = error.orig if isinstance(error, sqlalchemy.exc.DBAPIError) else error
        if isinstance(told, psycopg.Error) and (told.sqlstate or self._cursor.connection.closed):
            if not (told.sqlstate or "").startswith(_UNLIKE):
                return refusal(told)
            self._failed = self._failed or told
            return None
        if isinstance(error, StaleDataError):
            return Refusal(str(error))
        # No ORM can order the delete of a row that is its own parent.
        if not isinstance(error, sqlalchemy.exc.CircularDependencyError):
            self._failed = self._failed or error
        return None


def _refers(key: ForeignKey, child: Row, parent: Row) -> bool:
    return [child.get(name) for name in key.columns] == [parent.get(name) for name in key.referenced]
