"""Whether a migration locks one table after the other, while a session may use them the other way round."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Connection

from schemaproof.check import Check
from schemaproof.finding import Finding, Place, Severity
from schemaproof.migration.environment import sqlstate
from schemaproof.migration.history import History
from schemaproof.migration.lines.blocks import with_env
from schemaproof.migration.places.finder import sent_from
from schemaproof.migration.populated import PopulatedStates
from schemaproof.migration.redirect import Redirection
from schemaproof.migration.sessions import Place as Line
from schemaproof.postgres import Database
from schemaproof.proofs.locks.blocked import measured
from schemaproof.proofs.locks.measuring import Measured
from schemaproof.proofs.locks.relations import Relation, locked
from schemaproof.proofs.locks.telling import shown

_DEADLOCK = "40P01"  # deadlock_detected. Manual, Appendix A
_LOOKS_AFTER = 200  # milliseconds; until then the migration waits too
_GIVES_UP_AFTER = 5_000  # milliseconds


@dataclass(frozen=True)
class Pair:
    """Two tables that a transaction locks one after the other, each by a statement of its own.

    Attributes:
        first: the table that is locked first.
        by: the statement that locks it.
        second: the other one.
        then: the statement that locks that.
        places: from where that was sent; see ``Step``.
    """

    first: Relation
    by: str
    second: Relation
    then: str
    places: Sequence[Line] = ()


def first_pair(one: Measured) -> Pair | None:
    """The first two tables that are locked against everybody in one transaction; None where there are none."""
    taken: dict[int, str] = {}  # by the oid of the table, the statement that locked it
    transaction = None
    for step in one.few:
        if step.transaction != transaction:
            taken, transaction = {}, step.transaction
        now = {oid for oid in locked(step.held, one.relations, "reads") if one.relations[oid].kind in {"r", "p"}}
        for oid in sorted(now - taken.keys()):
            for other, by in taken.items():
                first, second = one.relations[other], one.relations[oid]
                # Else one of them is a partition of the other, or both of a third; or a savepoint gave the lock back.
                if first.root != second.root and other in now:
                    return Pair(first, by, second, step.statement, step.places)
        taken |= {oid: taken.get(oid, step.statement) for oid in now}
    return None


class OtherWayRound:
    """An observer that lets a session read the second table of ``pair``, and then the first one.

    Attributes:
        deadlock: whether that session was the one that PostgreSQL ended.
    """

    def __init__(self, database: Database, pair: Pair) -> None:
        self.deadlock = False
        self._database = database
        self._pair = pair
        self._first_locked = False
        self._session: threading.Thread | None = None

    def begin(self, redirection: Redirection) -> None:
        """See ``Observer``."""

    def before(self, connection: Connection, cursor: Any, statement: str) -> None:  # noqa: ARG002 (Observer's)
        """Begin when the second table is about to be locked."""
        if self._first_locked and self._session is None and statement == self._pair.then:
            session = psycopg.connect(self._database.dsn, application_name="schemaproof")
            try:
                # Only a superuser may; to others the deadlock comes when the server looks by itself.
                with suppress(psycopg.errors.InsufficientPrivilege), session.transaction():
                    session.execute(f"SET deadlock_timeout = {_LOOKS_AFTER}")
                session.execute(f"SET lock_timeout = {_GIVES_UP_AFTER}")
                session.execute(_reading(self._pair.second))
            except BaseException:
                session.close()
                raise
            self._session = threading.Thread(target=self._read_the_first, args=(session,), daemon=True)
            self._session.start()
        self._first_locked = self._first_locked or statement == self._pair.by

    def after(self, connection: Connection, cursor: Any, statement: str) -> None:
        """See ``Observer``."""

    def commit(self, connection: Connection, commit: Callable[[], None]) -> None:  # noqa: ARG002 (Observer's)
        """See ``Observer``."""
        commit()

    def finish(self) -> None:
        """Wait until the session has ended."""
        if self._session is not None:
            self._session.join()

    def _read_the_first(self, session: psycopg.Connection[Any]) -> None:
        with session:
            try:
                session.execute(_reading(self._pair.first))
            except psycopg.errors.DeadlockDetected:
                self.deadlock = True
            except psycopg.Error:
                pass  # the lock timeout, or the migration's database is gone
            session.rollback()


def _reading(table: Relation) -> sql.Composed:
    return sql.SQL("SELECT FROM {} LIMIT 1").format(sql.Identifier(table.schema, table.name))


def _order(history: History, revision: str) -> Iterator[Finding]:
    one = measured(history, revision).get("upgrade")
    pair = first_pair(one) if one is not None else None
    if pair is None:
        return
    ended = _deadlocked(history, history.positions[revision], pair)
    if ended is not None:
        told = _told(pair, revision, ended, sent_from(history, revision, pair.places))
        yield replace(told, remedy=with_env(told.remedy, begun_outside=history.facts.begun_outside))


def _deadlocked(history: History, index: int, pair: Pair) -> str | None:
    """Whom a deadlock ended, in words; None where there was none."""
    states = history.kept(PopulatedStates)
    with states.at(index).clone() as database:
        session = OtherWayRound(database, pair)
        try:
            run = states.run(database, index, "upgrade", session)
        finally:
            session.finish()
        if session.deadlock:
            return "the session"
        return "the upgrade" if sqlstate(run.error) == _DEADLOCK else None


def _told(pair: Pair, revision: str, ended: str, where: Place | None) -> Finding:
    return LOCK_ORDER.finding(
        f"The upgrade to {revision} locks {pair.first} and then {pair.second} in one transaction: a session that uses"
        " them the other way round can deadlock with it.",
        kind=f"after {pair.first}",
        where=where,
        severity=Severity.NOTE,
        revision=revision,
        object=f"table {pair.second}",
        evidence="\n".join(
            [
                f"the upgrade: {shown(pair.by)}: ACCESS EXCLUSIVE on {pair.first}",
                f"a session: reads {pair.second}, then {pair.first}: waits for the upgrade",
                f"the upgrade: {shown(pair.then)}: waits for the session",
                f"PostgreSQL: deadlock detected ({_DEADLOCK}), ends {ended}",
            ]
        ),
        remedy=f"Lock one table in a transaction: move what locks {pair.second} to a revision of its own, with"
        " transaction_per_migration=True in env.py's context.configure().",
    )


LOCK_ORDER = Check(
    id="lock-order",
    area="locks",
    title="No upgrade locks a table against everybody while it still holds another one so.",
    reason="Either a request fails, or the deployment, whichever PostgreSQL chooses; and until it has looked, all that"
    " use the two tables wait.",
    remedy="Lock one table in a transaction.",
    scope="revision",
    examine=_order,
    keywords=("locks", "deadlock"),
)
