"""Whether replicas that run ``alembic upgrade heads`` at the same time apply each revision once, and none fails."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from schemaproof.catalog import Catalog, Difference
from schemaproof.checks.check import Check
from schemaproof.faults.deployers import Deployer, applied_twice, race
from schemaproof.finding import Finding, Severity
from schemaproof.history import History
from schemaproof.migration.environment import Run
from schemaproof.migration.roles import SharedRoleError
from schemaproof.migration.stairway import Station
from schemaproof.postgres import Database

_SHOWN = 2  # kinds of errors


@dataclass(frozen=True)
class _Race:
    """One race, and where it led.

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
        """The deployers that did not come to a good end."""
        return [one for one in self.deployers if one.told]

    @property
    def fault(self) -> str:
        """What is wrong, in words; "" where nothing is but perhaps the catalog."""
        if self.failed:
            hung = sum(one.hung for one in self.failed)
            counts = {"fail": len(self.failed) - hung, "never end": hung}
            words = [f"{count} of {len(self.deployers)} {what}" for what, count in counts.items() if count]
            return f"{' and '.join(words)} on {self.place}"
        twice = applied_twice(self.deployers)
        return f"{', '.join(twice)} is applied more than once on {self.place}" if twice else ""

    @property
    def evidence(self) -> str:
        """The errors, the most frequent ones first, and what they led to."""
        lines = [f"on {self.place}:"]
        kinds = Counter(one.told.partition("\n")[0] for one in self.failed)
        for first, count in kinds.most_common(_SHOWN):
            told = next(one.told for one in self.failed if one.told.partition("\n")[0] == first)
            lines.append(f"{count} x {told}")
        others = kinds.total() - sum(count for _, count in kinds.most_common(_SHOWN))
        lines += [f"{others} x other errors"] if others else []
        lines += [f"one deployer -> {len(self.deployers)}: {difference}" for difference in self.differences]
        return "\n".join(lines)


def _deployers(history: History) -> Iterator[Finding]:
    if not history.revisions or history.one_call_failure() is not None:
        return  # told there: what one deployer can't do, several can't
    races = [_race(history, start) for start in dict.fromkeys((0, len(history.revisions) // 2))]
    for one in races:
        if one.refusal is not None:
            yield CONCURRENT_DEPLOYERS.finding(
                f"Several deployers at once could not be judged on {one.place}: the upgrade of one fails there too.",
                severity=Severity.NOTE,
                revision=one.refusal.revision,
                evidence=one.refusal.told,
                consequence="A database in that state can't be upgraded by one `alembic upgrade heads`.",
                remedy="Let each revision be committed before the next: transaction_per_migration=True.",
            )
    judged = [one for one in races if one.refusal is None]
    faulty = [one for one in judged if one.fault]
    if faulty:
        yield CONCURRENT_DEPLOYERS.finding(
            f"Of several deployers at once, {'; '.join(one.fault for one in faulty)}.",
            severity=Severity.WARNING,
            evidence="\n".join(one.evidence for one in faulty),
        )
    for one in judged:
        if one.differences and not one.fault:
            yield CONCURRENT_DEPLOYERS.finding(
                f"Several deployers at once, none of which fails, lead to another schema than one, on {one.place}.",
                evidence=one.evidence,
            )


def _race(history: History, start: int) -> _Race:
    """A race from the state after ``start`` revisions."""
    place = f"a database at {history.revisions[start - 1].revision}" if start else "an empty database"
    expected = history.one_call_catalog()
    with _database(history, start) as database:
        deployers = race(history.environment, history.chain.script, database, count=history.subject.deployers)
        _note_roles(history, deployers)
        found = _catalog(history, database)
    differences = history.compared(expected, found)
    if start and (differences or all(one.told for one in deployers)):
        # One call from there may lead elsewhere than one from the base, or nowhere.
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


CONCURRENT_DEPLOYERS = Check(
    id="concurrent-deployers",
    area="failure",
    title="Replicas that run `alembic upgrade heads` at the same time apply each revision once, and none fails.",
    reason="Of the replicas that start with a new release one migrates; the others crash, or a revision runs twice.",
    remedy="Let env.py take an advisory lock, the number your own, on its connection before context.configure():"
    ' `while not connection.scalar(text("SELECT pg_try_advisory_lock(4711)")): time.sleep(0.1)`, and then'
    " `connection.commit()`. A blocking pg_advisory_lock() holds a snapshot, which another deployer's CREATE INDEX"
    " CONCURRENTLY waits for: a deadlock; asking again and again avoids it. pg_advisory_xact_lock() must be taken in"
    " the transaction that migrates: after context.begin_transaction(), without transaction_per_migration. LOCK TABLE"
    " alembic_version does not help on an empty database.",
    scope="history",
    examine=_deployers,
)
