"""The ORM's delete beside the one in SQL, over rows that Hypothesis draws and shrinks."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import sqlalchemy.exc
from hypothesis import find
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample
from sqlalchemy import Connection, event, select, text
from sqlalchemy.orm import Mapper, RelationshipDirection, Session, lazyload, load_only, selectinload
from sqlalchemy.orm.exc import StaleDataError

from schemaproof.cascades.deletes import Case, Cursor, Deleted, cases, deletion, drawing, expected, plainest, refusal
from schemaproof.cascades.graph import ForeignKey, TableName
from schemaproof.cascades.ground import Ground
from schemaproof.cascades.mapping import Relation
from schemaproof.cascades.outcome import Outcome, Refusal, Row, Rows, agree
from schemaproof.rows.population import Rows as Planted

_SEARCHED = 300  # cases that are looked through for one; only those that fit go to the server
_EAGER = {"joined", "selectin", "subquery", "immediate", False}  # loaded with the parent; False is the old "joined"

type Drawn = tuple[Case, bool]


@dataclass
class Traffic:
    """What a flush sent and got.

    Attributes:
        statements: how many statements.
        sets: of how many sets of parameters (an executemany is one statement).
        rows: how many rows it fetched.
        missed: how many rows of the watched tables it meant to delete that were gone already.
    """

    statements: int = 0
    sets: int = 0
    rows: int = 0
    missed: int = 0

    @property
    def work(self) -> int:
        """One number that grows with each of them."""
        return self.statements + self.sets + self.rows

    def __str__(self) -> str:
        return f"{self.statements} statements with {self.sets} sets of parameters, {self.rows} rows read"


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
        childless: a delete of a parent without children, where the flush does more for one with two.
        with_two: that one.
    """

    worst: Flushed | None
    childless: Flushed | None
    with_two: Flushed | None


class UndecidedError(Exception):
    """No delete could be tried; the first error, which code of the subject's own or a value of no Python type made,
    is the cause.
    """


class Flushes:
    """Deletes by the ORM in one database, each of which is rolled back.

    Args:
        connection: psycopg's, with no transaction begun.
        ground: what is known of the database.
        examples: how many cases are drawn for each relationship.
    """

    def __init__(self, connection: Connection, ground: Ground, *, examples: int) -> None:
        self._connection = connection
        raw: Any = connection.connection.driver_connection
        self._cursor: Cursor = raw.cursor()
        self._ground = ground
        self._settings = drawing(examples)
        self._failed: Exception | None = None  # the first that was not the server's doing

    def examine(self, relation: Relation) -> Examined:
        """Deletes along ``relation``, as many as are drawn until one goes wrong.

        Raises:
            UndecidedError: when none could be tried.
        """
        loaded = st.booleans() if relation.loadable else st.just(value=False)
        drawn, tried = st.tuples(self._cases(relation), loaded), 0
        self._failed = None

        def wrong(one: Drawn) -> bool:
            nonlocal tried
            flushed = self.delete(relation, one)
            tried += flushed is not None
            return flushed is not None and self.disagree(flushed)

        try:
            case, with_children = find(drawn, wrong, settings=self._settings)
            case = plainest(case, lambda fewer: wrong((fewer, with_children)))
            worst = self.delete(relation, (case, with_children))
        except NoSuchExample:
            worst = None
        if not tried:
            self._raise_undecided()
        return Examined(worst, *self._growing(relation))

    def _raise_undecided(self) -> None:
        if self._failed is not None:
            raise UndecidedError from self._failed

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
            flushed = self.delete(relation, ((rows, [0]), False))
            if flushed is None or isinstance(flushed.by_orm, Refusal) or isinstance(flushed.by_sql, Refusal):
                return None
            return flushed

        def fits(rows: Planted) -> bool:
            for parent in rows[relation.parent][:1]:
                children = sum(_refers(key, child, parent) for key in keys for child in rows[key.table])
                return children == count and examined(rows) is not None
            return False

        try:
            return examined(
                find(self._ground.population.rows(self._scope(relation)), fits, settings=drawing(_SEARCHED))
            )
        except NoSuchExample:
            return None

    def _cases(self, relation: Relation) -> st.SearchStrategy[Case]:
        return cases(self._ground.population, self._scope(relation))

    def _scope(self, relation: Relation) -> list[TableName]:
        """The relationship's tables and what hangs on them directly."""
        near = [relation.parent, *relation.reached]
        known = {TableName(*name) for name in self._ground.population.tables}
        below = [key.table for name in relation.reached for key in self._ground.database.children(name)]
        return [name for name in dict.fromkeys([*near, *below[:6]]) if name in known]

    def delete(self, relation: Relation, drawn: Drawn) -> Flushed | None:
        """One delete, both ways; None where there is no row to delete, or none could be planted."""
        (rows, numbers), loaded = drawn
        try:
            self._connection.begin()
            self._cursor.execute("SAVEPOINT begun")  # begins the transaction, which planting does not
            self._ground.population.plant(self._cursor, rows)
            before = self._read(relation, rows)
            held = before[relation.parent]
            if not held:
                return None
            targets = tuple(sorted({number % len(held) for number in numbers}))
            tids = [held[one]["ctid"] for one in targets]
            self._cursor.execute("SAVEPOINT schemaproof")
            by_sql = self._by_sql(relation, rows, tids)
            self._cursor.execute("ROLLBACK TO schemaproof")
            if self._refused_as_own(Deleted(relation.parent, targets, before, by_sql)):
                return None
            with watched(self._connection, self._names(relation)) as traffic:
                by_orm = self._by_orm(relation, rows, tids, traffic, loaded=loaded)
            if by_orm is None:
                return None
            return Flushed(relation, loaded, targets, before, by_orm, by_sql, traffic)
        except psycopg.IntegrityError:  # of planting
            return None
        finally:
            self._connection.rollback()

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

    def _by_sql(self, relation: Relation, rows: Planted, tids: Sequence[str | None]) -> Outcome:
        try:
            self._cursor.execute(deletion(relation.parent, tids))
            self._cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        except psycopg.Error as error:
            return refusal(error)
        return self._read(relation, rows)

    def _by_orm(
        self, relation: Relation, rows: Planted, tids: Sequence[str | None], traffic: Traffic, *, loaded: bool
    ) -> Outcome | None:
        try:
            with Session(self._connection, join_transaction_mode="rollback_only", autoflush=False) as session:
                objects = self._load(session, relation, tids, loaded=loaded)
                if len(objects) != len(tids):  # some are of another class
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
            return refusal(told)
        if isinstance(error, StaleDataError):
            return Refusal(str(error))
        # No ORM can order the delete of a row that is its own parent.
        if not isinstance(error, sqlalchemy.exc.CircularDependencyError):
            self._failed = self._failed or error
        return None

    def _load(self, session: Session, relation: Relation, tids: Sequence[str | None], *, loaded: bool) -> Sequence[Any]:
        quote = self._connection.dialect.identifier_preparer.quote
        table: Any = relation.mapper.local_table
        name = [quote(relation.parent.schema)] if table.schema is not None else []
        here = ".".join([*name, quote(table.name), "ctid"]).replace(":", r"\:")
        statement = select(relation.mapper).where(text(f"{here} = ANY (CAST(:tids AS tid[]))"))
        keys = load_only(*self._keys(relation.mapper))  # what else a row holds may be no value of a Python type
        statement = statement.options(keys, *(self._options(relation) if loaded else self._unloaded(relation)))
        return session.scalars(statement, {"tids": list(tids)}).unique().all()

    def _options(self, relation: Relation) -> Iterator[Any]:
        """What loads the relationship, and those of what it leads to."""
        target = relation.relationship.mapper
        first = selectinload(getattr(relation.mapper.class_, relation.relationship.key))
        yield first.load_only(*self._keys(target))
        for below in target.relationships:
            if below.direction is RelationshipDirection.ONETOMANY and not below.viewonly and below.lazy == "select":
                next_one = getattr(target.class_, below.key)
                yield first.selectinload(next_one).load_only(*self._keys(below.mapper))

    def _unloaded(self, relation: Relation) -> Iterator[Any]:
        """What keeps a relationship from being loaded with its parent, which some are by their declaration."""
        if relation.relationship.lazy in _EAGER:
            yield lazyload(getattr(relation.mapper.class_, relation.relationship.key))

    def _keys(self, mapper: Mapper[Any]) -> list[Any]:
        """The attributes that a delete needs: those of columns that have to do with keys, and the version."""
        referred = {column for one in mapper.local_table.foreign_keys for column in (one.parent,)}
        pairs = [pair for one in mapper.relationships for pair in one.local_remote_pairs or ()]
        needed = {*mapper.primary_key, mapper.version_id_col, *referred, *(local for local, _ in pairs)}
        return [
            getattr(mapper.class_, attribute.key)
            for attribute in mapper.column_attrs
            if needed.intersection(attribute.columns)
        ]


def _refers(key: ForeignKey, child: Row, parent: Row) -> bool:
    return [child.get(name) for name in key.columns] == [parent.get(name) for name in key.referenced]


@contextmanager
def watched(connection: Connection, names: Collection[str]) -> Iterator[Traffic]:
    """What SQLAlchemy sends by ``connection`` in the block; rows of the tables with these names count as missed."""
    traffic = Traffic()

    def keep(_1: object, cursor: Any, _2: str, parameters: Any, context: Any, many: bool) -> None:
        sets = len(parameters) if many else 1
        traffic.statements += 1
        traffic.sets += sets
        traffic.rows += cursor.rowcount if cursor.description else 0
        if context.isdelete and context.compiled.statement.table.name in names and cursor.rowcount >= 0:
            traffic.missed += max(sets - cursor.rowcount, 0)

    event.listen(connection, "after_cursor_execute", keep)
    try:
        yield traffic
    finally:
        event.remove(connection, "after_cursor_execute", keep)
