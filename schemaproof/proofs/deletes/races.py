"""Deletes of a parent while another session gives it a child: every order of their steps, each from the same rows.

One session after the other is what an application is written for. So an outcome is right if one of those two orders has
it too, or if it is one that foreign keys promise: the child is refused because its parent is gone, or the delete is
refused where the key says so. Whether the two orders themselves do what the model says is another question.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from math import comb
from typing import NamedTuple

from psycopg import sql

from schemaproof.proofs.deletes.graph import ForeignKey, TableName
from schemaproof.proofs.deletes.interleaving import (
    DEADLOCK,
    HUNG,
    Connection,
    Course,
    Gate,
    Interleaving,
    Script,
    Session,
)
from schemaproof.proofs.deletes.specimens import Planted, Specimen, Specimens

# RESTRICT has a SQLSTATE of its own from PostgreSQL 18 on.
_VIOLATIONS = {"23503", "23001"}

# Orders of one experiment. Two statements and a COMMIT against one and a COMMIT have 10, five have 28.
MOST_ORDERS = 30

SESSIONS = ("delete", "other")


class Wrong(StrEnum):
    """What is wrong with an outcome."""

    ORPHAN = "a child is left without its parent"
    KEPT = "the delete is confirmed, and its row is there"
    REFUSED = "the delete fails"
    DEADLOCK = "the sessions block each other"
    CHILD = "the child is refused, and not because its parent is gone"
    HUNG = "a session waits for what nobody holds"


class Final(NamedTuple):
    """What one course left.

    Attributes:
        states: how the sessions ended.
        parent: whether the row that was to be deleted is there.
        children: the key columns of all rows of the child's table, as text.
        orphans: how many of them refer to no row.
    """

    states: tuple[str, str]
    parent: bool
    children: tuple[str, ...]
    orphans: int


@dataclass(frozen=True)
class Race:
    """An experiment's sessions.

    Attributes:
        specimen: its rows.
        rows: those that are there before.
        tables: those that hold nothing else.
        delete: the session that deletes the parent.
        other: the other one.
        refusable: whether the delete may be refused where a child is there.
        entwined: whether the two lock the same rows in the opposite order, so that deadlocks are bound to be.
    """

    specimen: Specimen
    rows: tuple[Planted, ...]
    tables: tuple[TableName, ...]
    delete: Script
    other: Script
    refusable: bool
    entwined: bool = False


@dataclass(frozen=True)
class Fault:
    """One course of a race whose outcome is wrong."""

    wrong: Wrong
    key: ForeignKey
    course: Course


@dataclass(frozen=True)
class Result:
    """What a race showed.

    Attributes:
        faults: the first of each kind.
        deadlock: a course that ended in one that was bound to be.
        courses: how many orders were gone through.
        tried: whether one session after the other is possible; otherwise nothing is judged.
        refused: why the rows can't be planted; "" where they can.
        cut: whether there are more orders.
    """

    faults: tuple[Fault, ...] = ()
    deadlock: Course | None = None
    courses: int = 0
    tried: bool = False
    refused: str = ""
    cut: bool = False


class Track:
    """Where races are run: a database with nothing but their rows in it.

    Args:
        observer: in autocommit mode.
        deleting: the connection of the session that deletes, not in autocommit mode.
        other: that of the other one.
        specimens: of the same database.
    """

    def __init__(self, observer: Connection, deleting: Connection, other: Connection, specimens: Specimens) -> None:
        self._observer = observer
        self._connections = (deleting, other)
        self.specimens = specimens

    def run(self, race: Race, *, unless: int | None = None) -> Result:
        """The orders of ``race``, at most ``MOST_ORDERS``, and that in which the other session comes first.

        Args:
            race: whose.
            unless: where there can be more than so many, none but the first is gone through, and nothing is judged.

        Raises:
            psycopg.Error: when its rows can't be planted, or the server is lost.
        """
        interleaving, renew, look = self._ready(race)
        found: list[tuple[Course, Final]] = []
        for course in interleaving.courses(renew, most=MOST_ORDERS):
            found.append((course, self._final(look, course)))
            if unless is not None and len(found) == 1 and _orders(course) > unless:
                return Result(courses=1, cut=True)
        cut = len(found) >= MOST_ORDERS
        if cut:  # the other serial order may be one of those that are left out; its outcome is right
            renew()
            course = interleaving.course([1] * len(found[0][0].steps))
            found.append((course, self._final(look, course)))
        return replace(judged(race, found), cut=cut)

    def run_whole(self, race: Race) -> Result:
        """The orders of a race whose other session is one step: before each step of the delete, and after the last.

        Of more than ``MOST_ORDERS`` those are left out in which it comes next to no statement about the key's tables.

        Raises:
            psycopg.Error: as :meth:`run`.
        """
        interleaving, renew, look = self._ready(race)
        found: list[tuple[Course, Final]] = []

        def take(plan: Sequence[int]) -> Course:
            renew()
            course = interleaving.course(plan)
            found.append((course, self._final(look, course)))
            return course

        deletes = [step.what for step in take([]).steps if step.session == 0]
        places = _places(deletes, race.specimen.key)
        for place in sorted(places[: MOST_ORDERS - 1], reverse=True):
            take([0] * place + [1])
        return replace(judged(race, found), cut=len(places) >= MOST_ORDERS)

    def _ready(self, race: Race) -> tuple[Interleaving, Callable[[], object], bytes]:
        """The sessions, what plants the rows, and the query for what a course left."""
        planting = self.specimens.planting(race.rows, race.tables)
        sessions = (Session(self._connections[0], race.delete), Session(self._connections[1], race.other))
        renew = partial(self._observer.execute, planting)
        return Interleaving(self._observer, sessions), renew, self._look(race.specimen)

    def _final(self, look: bytes, course: Course) -> Final:
        parent, children, orphans = self._observer.execute(look, prepare=True).fetchall()[0]
        return Final((course.ends[0].state, course.ends[1].state), parent, tuple(children), orphans)

    def giving(self, statements: Sequence[tuple[str, sql.Composed]], *, whole: bool = False) -> Script:
        """The other session's transaction; see :func:`transaction`."""
        return transaction(self._connections[1], statements, whole=whole)

    def deleting(self, specimen: Specimen) -> Script:
        """The transaction that deletes the parent of ``specimen``."""
        table = specimen.key.parent
        condition = self.specimens.condition(table, specimen.parent, specimen.key.referenced)
        assert condition is not None  # noqa: S101 (nothing refers to NULL)
        statement = sql.SQL("DELETE FROM {} WHERE {}").format(sql.Identifier(*table), condition)
        return transaction(self._connections[0], [(f"DELETE FROM {table}", statement)])  # noqa: S608 (a step's name)

    def _look(self, specimen: Specimen) -> bytes:
        key = specimen.key
        condition = self.specimens.condition(key.parent, specimen.parent, key.referenced) or sql.SQL("true")
        own = [sql.Identifier("c", name) for name in key.columns]
        pairs = [
            sql.SQL("p.{} = {}").format(sql.Identifier(name), one)
            for name, one in zip(key.referenced, own, strict=True)
        ]
        query = sql.SQL(
            "SELECT EXISTS (SELECT FROM {parent} WHERE {this}),"
            " ARRAY(SELECT ROW({own})::text FROM {child} c ORDER BY 1),"
            " (SELECT count(*) FROM {child} c WHERE num_nulls({own}) = 0"
            " AND NOT EXISTS (SELECT FROM {parent} p WHERE {pairs}))"
        )
        return query.format(
            parent=sql.Identifier(*key.parent),
            child=sql.Identifier(*key.table),
            this=condition,
            own=sql.SQL(", ").join(own),
            pairs=sql.SQL(" AND ").join(pairs),
        ).as_bytes(self._observer)


def transaction(
    connection: Connection, statements: Sequence[tuple[str, sql.Composed]], *, whole: bool = False
) -> Script:
    """A session that sends ``statements``, each with its name, and commits; for ``whole`` all of it in one step."""

    def run(gate: Gate) -> None:
        if whole:
            gate("; ".join([*(name for name, _ in statements), "COMMIT"]))
        for name, statement in statements:
            if not whole:
                gate(name)
            connection.execute(statement, prepare=False)
        if not whole:
            gate("COMMIT")
        connection.commit()

    return run


def _orders(course: Course) -> int:
    """How many orders there are of the steps of ``course`` if none waits for another one."""
    return comb(len(course.steps), sum(step.session for step in course.steps))


def _places(deletes: Sequence[str], key: ForeignKey) -> list[int]:
    """Before which of a delete's statements another session can come, the most telling ones first.

    First of all before all of them, the other serial order; then beside those that name one of the key's tables.
    """

    def telling(place: int) -> bool:
        beside = deletes[max(place - 1, 0) : place + 1]
        return any(table.name in what for what in beside for table in (key.table, key.parent))

    return sorted(range(len(deletes)), key=lambda place: (place > 0, not telling(place)))


def insert_race(track: Track, specimen: Specimen, *, whole: bool = False) -> Race:
    """DELETE of the parent against INSERT of a child; for ``whole``, its COMMIT comes with it."""
    key = specimen.key
    insert = (f"INSERT INTO {key.table}", track.specimens.insert(key.table, specimen.child))
    return Race(
        specimen,
        specimen.base,
        (key.table,),
        track.deleting(specimen),
        track.giving([insert], whole=whole),
        key.on_delete.refuses,
    )


def move_race(track: Track, specimen: Specimen) -> Race | None:
    """DELETE of the parent against UPDATE of a row that becomes its child; None where there can be no such row."""
    key, row = specimen.key, specimen.elsewhere
    if row is None or (condition := track.specimens.condition(key.table, row)) is None:
        return None
    values = sql.SQL(", ").join(
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Literal(specimen.child[name])) for name in key.columns
    )
    statement = sql.SQL("UPDATE {} SET {} WHERE {}").format(sql.Identifier(*key.table), values, condition)
    rows = (*specimen.base, *specimen.also, (key.table, row))
    update = track.giving([(f"UPDATE {key.table}", statement)])
    return Race(specimen, rows, (key.table,), track.deleting(specimen), update, key.on_delete.refuses)


def chain_race(track: Track, below: Specimen, key: ForeignKey) -> Race | None:
    """DELETE of a row against INSERTs of its grandchild, whose parent is there, and of another child.

    Args:
        track: where it is run.
        below: of the key of the grandchild.
        key: that of the child.
    """
    parent = track.specimens.parent_of(key, below.parent)
    if parent is None or (key.parent, parent) not in below.base:
        return None
    sibling = track.specimens.sibling(below, key, parent)
    if sibling is None:
        return None
    specimen = Specimen(key, below.base, parent, sibling)
    names = [(below.key.table, below.child), (key.table, sibling)]
    inserts = [(f"INSERT INTO {table}", track.specimens.insert(table, row)) for table, row in names]
    refusable = key.on_delete.refuses or below.key.on_delete.refuses
    tables = (key.table, below.key.table)
    deletion, insertion = track.deleting(specimen), track.giving(inserts)
    return Race(specimen, below.base, tables, deletion, insertion, refusable, entwined=True)


def judged(race: Race, found: Sequence[tuple[Course, Final]]) -> Result:
    """What is wrong with the outcomes of ``race`` that no serial order has."""
    serial = {final for course, final in found if course.serial}
    faults: dict[Wrong, Fault] = {}
    deadlock = None
    for course, final in found:
        if final in serial:
            continue
        if race.entwined and DEADLOCK in final.states:
            deadlock = deadlock or course
        wrong = _wrong(race, final)
        if wrong is not None:
            faults.setdefault(wrong, Fault(wrong, race.specimen.key, course))
    tried = any(final.states == ("", "") or final.states[0] in _VIOLATIONS for final in serial)
    return Result(tuple(faults.values()), deadlock, len(found), tried)


def _wrong(race: Race, final: Final) -> Wrong | None:
    deleted, other = final.states
    if final.orphans:
        return Wrong.ORPHAN
    if HUNG in final.states:
        return Wrong.HUNG
    if DEADLOCK in final.states:
        return None if race.entwined else Wrong.DEADLOCK
    if deleted:
        return None if race.refusable and deleted in _VIOLATIONS else Wrong.REFUSED
    if final.parent:
        return Wrong.KEPT
    return Wrong.CHILD if other and other not in _VIOLATIONS else None
