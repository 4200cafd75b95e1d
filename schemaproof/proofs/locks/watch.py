"""Watches a run of env.py: what each statement leaves locked, and what it did to the rows of which table.

All of it is asked in the session that migrates, since the server tells no other what a transaction has done so far.
"""

import json
import re
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from schemaproof.migration.backends import backend_pid, in_transaction
from schemaproof.migration.redirect import Redirection
from schemaproof.migration.sessions import Place, places_of
from schemaproof.proofs.locks.facts import Facts, facts_query
from schemaproof.proofs.locks.relations import STRONG

_FLUSHES = 150000  # the first release with pg_stat_force_next_flush()
_REPEATS = 8  # of one statement; after that it is looked at before another one comes, and told as one step

# Rows are found by a scan of the table, by a bitmap, or by the entries of an index, which is where these are counted. A
# transaction's number may come late, its time does not change. Counts go on from one transaction to the next until
# they are flushed, which a server does once in a second unless it is told to.
_READING = """
SELECT pg_catalog.json_build_object(
    'transaction', pg_catalog.transaction_timestamp()::text, 'flush', {flush},
    'lock_timeout', pg_catalog.current_setting('lock_timeout'),
    'locks', (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(l.relation::int8, l.mode))
        FROM pg_catalog.pg_locks l WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation' AND l.granted
            AND l.relation >= 16384 AND l.mode IN ({modes})),
    'work', (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(oid, returned + greatest(fetched, entries), written,
            blocks))
        FROM (
            SELECT c.oid::int8, pg_catalog.pg_stat_get_xact_tuples_returned(c.oid) AS returned,
                pg_catalog.pg_stat_get_xact_tuples_fetched(c.oid) AS fetched,
                (SELECT pg_catalog.sum(pg_catalog.pg_stat_get_xact_tuples_returned(i.indexrelid))
                    FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid) AS entries,
                pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid) + pg_catalog.pg_stat_get_xact_tuples_updated(c.oid)
                    + pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid) AS written,
                pg_catalog.pg_stat_get_xact_blocks_fetched(c.oid) AS blocks
            FROM pg_catalog.pg_class c
            WHERE c.relkind IN ('r', 'm') AND c.oid >= 16384 AND c.relpersistence <> 't'
                AND pg_catalog.pg_stat_get_xact_blocks_fetched(c.oid) > 0) touched),
    'facts', {facts}
)::text
"""

# What takes no lock that keeps anybody out, or ends transactions by itself: it is not tried in one.
_NOT_TRIED = re.compile(
    r"\s*(?:SELECT|INSERT|UPDATE|DELETE|MERGE|WITH|COPY|SET|RESET|SHOW|BEGIN|START|COMMIT|END|ROLLBACK|CALL|VACUUM|ANALYZE"
    r"|VALUES|LISTEN|NOTIFY|DISCARD|PREPARE|EXECUTE)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Work:
    """What was done to the rows of one table.

    Attributes:
        read: rows that were read, by scans of whatever kind.
        written: rows that were inserted, updated or deleted.
        blocks: blocks that were fetched, from the cache or from disk.
    """

    read: int = 0
    written: int = 0
    blocks: int = 0

    def __add__(self, other: "Work") -> "Work":
        return Work(self.read + other.read, self.written + other.written, self.blocks + other.blocks)

    def __sub__(self, other: "Work") -> "Work":
        return Work(self.read - other.read, self.written - other.written, self.blocks - other.blocks)

    @property
    def rows(self) -> int:
        """How many rows it was about."""
        return max(self.read, self.written)


@dataclass(frozen=True)
class Step:
    """One statement of a run.

    Attributes:
        statement: its text.
        revision: the revision whose code has begun last.
        own: whether that code sent it; else Alembic or env.py did.
        transaction: the number of its transaction in this run, from 0.
        held: what the session holds when it has run, the modes that keep others out by the oid of the relation.
        work: by the oid of the table.
        lock_timeout: in force, as SHOW prints it.
        facts: what the tables asked for are like then.
        times: how often in a row it ran meanwhile.
        places: the lines of the project's code that sent it, the innermost first, where it is the revision's own.
    """

    statement: str
    revision: str | None
    own: bool
    transaction: int
    held: Mapping[int, frozenset[str]]
    work: Mapping[int, Work]
    lock_timeout: str
    facts: Facts | None = None
    times: int = 1
    places: Sequence[Place] = ()


@dataclass
class _Session:
    """What is known of one session.

    Attributes:
        transaction: when its last known transaction began, as text.
        number: that transaction's number.
        counts: what it had done by then.
        last: the last statement, and how often it came in a row.
        origin: whose that is, as in ``Step``: the revision, and whether its code sent it.
        places: from where it was sent, as in ``Step``.
    """

    transaction: str = ""
    number: int = 0
    counts: dict[int, Work] = field(default_factory=dict)
    last: tuple[str, int] = ("", 0)
    origin: tuple[str | None, bool] = (None, False)
    places: Sequence[Place] = ()


class Watch:
    """An observer of one run.

    Args:
        version: the server's, as ``server_version_num``.
        tables: the oids of the tables whose facts are read after each statement.

    Attributes:
        steps: the statements of the run, in their order, also those of several sessions.
    """

    def __init__(self, version: int, tables: Collection[int] = ()) -> None:
        self.steps: list[Step] = []
        self._redirection: Redirection | None = None
        self._sessions: dict[int, _Session] = {}
        self._transactions = 0
        self._flushes = version >= _FLUSHES
        self._query = _READING.format(
            flush="pg_catalog.pg_stat_force_next_flush()::text" if self._flushes else "NULL",
            modes=", ".join(f"'{mode}'" for mode in sorted(STRONG)),
            facts=facts_query(tables) if tables else "NULL",
        )

    def begin(self, redirection: Redirection) -> None:
        """See ``Observer``."""
        self._redirection = redirection

    def before(self, connection: Connection, cursor: Any, statement: str) -> None:
        """Try what will run in a transaction of its own in one that is rolled back: afterwards its locks are gone."""
        if statement != self._session(connection).last[0]:
            self._settle(connection)
        if in_transaction(connection) or not _alone(connection) or _NOT_TRIED.match(statement):
            return
        error = connection.dialect.loaded_dbapi.Error
        cursor.execute("BEGIN")
        try:
            self._read(connection, cursor)
            self._know_origin(self._session(connection))
            cursor.execute(statement)
            self._note(statement, connection, self._read(connection, cursor))
        except error:
            pass  # it runs in no transaction, or fails there as well
        finally:
            cursor.execute("ROLLBACK")

    def after(self, connection: Connection, cursor: Any, statement: str) -> None:  # noqa: ARG002 (Observer's)
        """Note what the statement has done."""
        inside = in_transaction(connection)
        if not inside and not _alone(connection):
            return
        session = self._session(connection)
        text, times = session.last
        session.last = (statement, times + 1 if text == statement else 1)
        self._know_origin(session)
        if session.last[1] > _REPEATS:
            return
        read = self._look(connection)
        if (
            inside and read is not None
        ):  # else it is over, and was read so that the next transaction's work is told from its
            self._note(statement, connection, read)

    def commit(self, connection: Connection, commit: Callable[[], None]) -> None:
        """See ``Observer``."""
        self._settle(connection)
        self._session(connection).last = ("", 0)
        commit()

    def _settle(self, connection: Connection) -> None:
        """Note what the last statement has done since it was no longer looked at: it is not the next one's work."""
        session = self._session(connection)
        statement, times = session.last
        if times > _REPEATS and in_transaction(connection):
            session.last = ("", 0)
            read = self._look(connection)
            if read is not None:
                self._note(statement, connection, read, times - _REPEATS)

    def _look(self, connection: Connection) -> Mapping[str, Any] | None:
        """As ``_read``; None where the transaction was aborted, and the subject knows."""
        own = connection.connection.cursor()
        try:
            return self._read(connection, own)
        except connection.dialect.loaded_dbapi.Error:
            return None
        finally:
            own.close()

    def _know_origin(self, session: _Session) -> None:
        """Note whose statement comes now, and from where."""
        about = self._redirection
        session.origin = (about.revision, about.watched) if about else (None, False)
        session.places = tuple(places_of(sys._getframe(1))) if session.origin[1] else ()

    def _session(self, connection: Connection) -> _Session:
        return self._sessions.setdefault(backend_pid(connection), _Session())

    def _read(self, connection: Connection, cursor: Any) -> Mapping[str, Any]:
        """What the session holds, and has done since the last reading."""
        cursor.execute(self._query)
        (text,) = cursor.fetchone()
        found: dict[str, Any] = json.loads(text)
        session = self._session(connection)
        if found["transaction"] != session.transaction:
            session.transaction = found["transaction"]
            session.number, self._transactions = self._transactions, self._transactions + 1
            if self._flushes:
                session.counts = {}
        counts = {oid: Work(*numbers) for oid, *numbers in found["work"] or ()}
        known, session.counts = session.counts, counts
        done = {oid: one - known.get(oid, Work()) for oid, one in counts.items()}
        # Fewer than before: they were flushed in between.
        found["work"] = {oid: counts[oid] if one.blocks < 0 or one.read < 0 else one for oid, one in done.items()}
        return found

    def _note(self, statement: str, connection: Connection, read: Mapping[str, Any], times: int = 1) -> None:
        held: dict[int, frozenset[str]] = {}
        for oid, mode in read["locks"] or ():
            held[oid] = held.get(oid, frozenset()) | {mode}
        session = self._session(connection)
        self.steps.append(
            Step(
                statement,
                *session.origin,
                session.number,
                held,
                {oid: work for oid, work in read["work"].items() if work != Work()},
                read["lock_timeout"],
                Facts.of(read["facts"]) if read["facts"] else None,
                times,
                session.places,
            )
        )


def _alone(connection: Connection) -> bool:
    """Whether the next statement will run in a transaction of its own."""
    if connection._is_autocommit_isolation():
        return True
    # asyncpg's adapter begins no transaction where it believes to be in one that a statement has ended.
    return bool(getattr(connection.connection.dbapi_connection, "_started", False))
