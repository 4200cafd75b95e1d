"""Whether replicas that run ``alembic upgrade heads`` at the same time apply each revision once, and none fails.

Alembic's own env.py lets all of them in, and most projects migrate from one place: so what happens where nothing keeps
them apart is told as a note, until the project says that it deploys in parallel. Where something does keep them apart,
it is meant to work.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from schemaproof.catalog import Catalog, Difference
from schemaproof.check import Check
from schemaproof.finding import Cause, Finding, Severity
from schemaproof.migration.environment import Run
from schemaproof.migration.history import History
from schemaproof.migration.places import environment
from schemaproof.migration.roles import SharedRoleError
from schemaproof.migration.stairway import Station
from schemaproof.postgres import Database
from schemaproof.project.subject import DEFAULT_DEPLOYERS
from schemaproof.proofs.failure.deployers import Deployer, applied_twice, guard_of_one, race

_SHOWN = 2  # kinds of errors
_EMPTY = "an empty database"

_PROCESSES = " processes that ran `alembic upgrade heads` at the same time"
_COMMITTED = "Set transaction_per_migration=True in context.configure(): each revision is committed before the next."


@dataclass(frozen=True)
class _Race:
    """One race, and what came of it.

    Attributes:
        place: the database that it was run on, for people.
        deployers: what became of each.
        differences: how the catalog differs from that of one deployer.
        refusal: the upgrade of one deployer, where that fails too.
    """

    place: str
    deployers: Sequence[Deployer]
    differences: Sequence[Difference] = ()
    refusal: Run | None = None

    @property
    def failed(self) -> list[Deployer]:
        """The deployers that did not come to a good end, but for those that left the work to one that did."""
        told = [one for one in self.deployers if one.told]
        return told if len(told) == len(self.deployers) else [one for one in told if not one.refused]

    @property
    def refused(self) -> list[Deployer]:
        """The deployers that gave up, by their own code, while another one was at work."""
        return [] if self.fault else [one for one in self.deployers if one.told]

    @property
    def fault(self) -> str:
        """What is wrong: "7 of 8 failed on an empty database"; "" where at most the catalog is."""
        return self.told()

    def told(self, who: str = "") -> str:
        """The fault, with what the deployers are after their number: "7 of 8 processes failed on ..."."""
        many = f"of {len(self.deployers)}{who}"
        if self.failed:
            hung = sum(one.hung for one in self.failed)
            failed = len(self.failed) - hung
            first = f"{failed or hung} {many} {'failed' if failed else 'never ended'}"
            return f"{first}{f' and {hung} never ended' if failed and hung else ''} on {self.place}"
        twice = applied_twice(self.deployers)
        return f"several {many} applied {', '.join(twice)} on {self.place}" if twice else ""

    @property
    def guard(self) -> str:
        """The lock that was seen; "" for none."""
        return next((one.guard for one in self.deployers if one.guard), "")

    @property
    def evidence(self) -> str:
        """The errors, the most frequent ones first, and what they led to."""
        lines = [f"on {self.place}:"]
        unwell = self.failed or self.refused
        kinds = Counter(one.told.partition("\n")[0] for one in unwell)
        for first, count in kinds.most_common(_SHOWN):
            told = next(one.told for one in unwell if one.told.partition("\n")[0] == first)
            lines.append(f"{count} x {told}")
        others = kinds.total() - sum(count for _, count in kinds.most_common(_SHOWN))
        lines += [f"{others} x other errors"] if others else []
        lines += [f"one deployer -> {len(self.deployers)}: {difference}" for difference in self.differences]
        return "\n".join(lines)


def _deployers(history: History) -> Iterator[Finding]:
    failed = history.in_one_call.failure()
    if failed is not None:
        yield CONCURRENT_DEPLOYERS.finding(
            f"A single `alembic upgrade heads` on an empty database fails at {failed.revision}, so several at the same"
            " time were not run.",
            kind="single",
            severity=Severity.WARNING,
            revision=failed.revision,
            evidence=failed.told,
            remedy=_COMMITTED,
            causes=[Cause("upgrade-in-one-call", failed.revision)],
        )
    if not history.revisions or failed is not None:
        return
    races = [_race(history, start) for start in _starts(history)]
    for one in races:
        if one.refusal is not None:
            yield CONCURRENT_DEPLOYERS.finding(
                f"Concurrent deployers could not be judged on {one.place}: a single `alembic upgrade heads` fails there"
                " too.",
                kind="single from below",
                severity=Severity.NOTE,
                revision=one.refusal.revision,
                evidence=one.refusal.told,
                consequence="A database at that revision can't be upgraded by one `alembic upgrade heads`.",
                remedy=_COMMITTED,
                causes=[Cause("upgrade-in-one-call", one.refusal.revision)],
            )
    judged = [one for one in races if one.refusal is None]
    yield from _faults(history, [one for one in judged if one.fault])
    for one in judged:
        if one.differences and not one.fault:
            yield CONCURRENT_DEPLOYERS.finding(
                f"{len(one.deployers)}{_PROCESSES} gave a different schema on {one.place} than one process, and none of"
                " them failed.",
                kind="other schema" if one.place == _EMPTY else "other schema from below",
                evidence=one.evidence,
                where=environment(history),
            )
    waited_in_vain = [one for one in judged if one.refused]
    if waited_in_vain:
        places = "; ".join(f"{len(one.refused)} of {len(one.deployers)} on {one.place}" for one in waited_in_vain)
        yield CONCURRENT_DEPLOYERS.finding(
            f"A deployer gives up while another one is at work: {places}.",
            kind="gives up",
            severity=Severity.NOTE,
            evidence="\n".join(one.evidence for one in waited_in_vain),
            where=environment(history),
            consequence="Its replica does not start until somebody, or the orchestrator, starts it again.",
            remedy="Let the orchestrator start it again (`restartPolicy: Always`), or let env.py wait longer than your"
            " longest migration takes.",
        )


def _faults(history: History, faulty: Sequence[_Race]) -> Iterator[Finding]:
    """What is wrong in the ``faulty`` races; without a lock, how the project deploys decides how bad that is."""
    if not faulty:
        return
    guard = next((one.guard for one in faulty if one.guard), "") or _guard_at_head(history)
    parallel = Severity.NOTE if history.subject.deployers is None else Severity.WARNING
    told = "; ".join([faulty[0].told(_PROCESSES), *(one.fault for one in faulty[1:])])
    yield CONCURRENT_DEPLOYERS.finding(
        f"{told}: {'env.py takes a lock that does not keep' if guard else 'no lock keeps'} them apart.",
        kind="not apart",
        severity=Severity.ERROR if guard else parallel,
        evidence="\n".join([*([f"the lock: {guard}"] if guard else []), *(one.evidence for one in faulty)]),
        where=environment(history),
    )


def _guard_at_head(history: History) -> str:
    """The lock that env.py takes on a migrated database: it may look for a table first."""
    with history.build(len(history.revisions)) as database:
        return guard_of_one(history.environment, history.chain.script, database)


def _starts(history: History) -> list[int]:
    """How many revisions the databases have that are raced on; one that lacks what is asked about, if not all is."""
    if history.asked is None:
        return list(dict.fromkeys((0, len(history.revisions) // 2)))
    return [min(history.asked_indexes, default=len(history.revisions) - 1)]


def _race(history: History, start: int) -> _Race:
    """A race from the state after ``start`` revisions."""
    place = f"a database at {history.revisions[start - 1].revision}" if start else _EMPTY
    expected = history.one_call_catalog()
    with _database(history, start) as database:
        count = history.subject.deployers or DEFAULT_DEPLOYERS
        deployers = race(history.environment, history.chain.script, database, count=count)
        _note_roles(history, deployers)
        found = _catalog(history, database)
    differences = history.compared(expected, found)
    if start and (differences or all(one.told for one in deployers)):
        # One call from there may give a different schema than one from the base, or fail.
        alone = _by_one(history, start)
        if isinstance(alone, Run):
            return _Race(place, deployers, refusal=alone)
        differences = history.compared(alone, found)
    return _Race(place, deployers, differences)


def _by_one(history: History, start: int) -> Catalog | Run:
    """The catalog that one deployer leads to from there, or its run where it fails."""
    with _database(history, start) as database:
        run = history.upgrade_to_heads(database)
        return run if run.error is not None else _catalog(history, database)


def _database(history: History, start: int) -> Database:
    return history.build(start) if start else history.empty_database()


def _catalog(history: History, database: Database) -> Catalog:
    station = Station(database, history.version_table)
    station.close()
    return station.catalog


def _note_roles(history: History, deployers: Sequence[Deployer]) -> None:
    """Let the roles that were made be dropped at the end.

    Raises:
        SharedRoleError: when another database of the run was in the way.
        PostgresError: when the server is lost.
    """
    for deployer in deployers:
        for revision, statements in deployer.roles.items():
            if statements:
                history.role_statements.setdefault(revision, []).extend(statements)
        if deployer.told:
            history.server.require()
        if deployer.role_trouble and not history.alone:
            raise SharedRoleError(deployer.role_trouble)


# It polls, since whoever waits inside pg_advisory_lock() holds a snapshot. It ends the session by itself: a pool would
# keep it, and the lock with it, for as long as the process lives, and pg_advisory_unlock() may fail as any statement.
_REMEDY = """\
Let one deployer in at a time. Paste this into env.py, with a number of your own in place of 4711:
    import time
    from contextlib import contextmanager
    from sqlalchemy import text
    @contextmanager
    def one_deployer(connection, seconds=60):
        deadline = time.monotonic() + seconds
        try:
            while not connection.scalar(text("SELECT pg_try_advisory_lock(4711)")):
                connection.rollback()
                if time.monotonic() > deadline:
                    raise RuntimeError(f"another deployer has been migrating for {seconds} s")
                time.sleep(0.1)
            connection.commit()  # else Alembic takes the transaction for yours, and commits nothing
            yield
        finally:
            connection.invalidate()  # ends the session and its lock; a pool would keep both
In the function that has the connection, replace `with context.begin_transaction():` by
    with one_deployer(connection), context.begin_transaction():
and `engine.begin()`, if env.py opens the connection with it, by `engine.connect()`: what is above ends transactions, \
and context.begin_transaction() commits. The lock belongs to the session: connect to PostgreSQL, not to a PgBouncer in \
transaction mode. Other locks fall short: whoever waits in pg_advisory_lock() holds a snapshot, and CREATE INDEX \
CONCURRENTLY waits for it (a deadlock); pg_advisory_xact_lock() ends with its transaction, so it must be taken after \
context.begin_transaction() and without transaction_per_migration; LOCK TABLE alembic_version has nothing to lock on \
an empty database."""

CONCURRENT_DEPLOYERS = Check(
    id="concurrent-deployers",
    area="failure",
    title="Replicas that run `alembic upgrade heads` at the same time apply each revision once, and none fails.",
    reason="When replicas start with a new release, one migrates and the others crash, or a revision runs twice.",
    remedy=_REMEDY,
    scope="history",
    examine=_deployers,
)
