"""Whether anybody is kept out of a table for as long as work takes that grows with its rows."""

from collections.abc import Iterator

from schemaproof.check import Check
from schemaproof.finding import Finding, Severity
from schemaproof.migration.environment import Direction
from schemaproof.migration.history import History
from schemaproof.migration.places.finder import sent_from
from schemaproof.proofs.locks.holds import Hold
from schemaproof.proofs.locks.measuring import Locks, Measured
from schemaproof.proofs.locks.recipes import recipe
from schemaproof.proofs.locks.telling import evidence, sentence, work


def measured(history: History, revision: str) -> dict[Direction, Measured]:
    """By direction, what ``revision`` does; nothing where it fails or can't be measured, which others tell."""
    stairs = history.stairs(revision)
    if stairs.up.error is not None or not stairs.recorded or history.alone:
        return {}
    return history.kept(Locks).of(history.positions[revision])


def _reads(history: History, revision: str) -> Iterator[Finding]:
    if history.alone and history.is_first(revision):
        yield READS_BLOCKED.finding(
            "No locks were measured: the revisions create and drop roles, which belong to the whole server.",
            kind="roles",
            severity=Severity.NOTE,
            consequence="What waits while a migration runs is not known.",
            remedy='Create the roles outside of migrations and name them in [tool.schemaproof], roles = ["..."].',
        )
    found = measured(history, revision)
    for direction, one in found.items():
        yield from _told(history, READS_BLOCKED, one, direction, revision)
        yield from _unknown(one, direction, revision)


def _writes(history: History, revision: str) -> Iterator[Finding]:
    for direction, one in measured(history, revision).items():
        yield from _told(history, WRITES_BLOCKED, one, direction, revision)


def _told(history: History, check: Check, one: Measured, direction: Direction, revision: str) -> Iterator[Finding]:
    whom = "reads" if check is READS_BLOCKED else "writes"
    for hold in one.holds:
        if hold.whom == whom:
            elsewhere = hold.by if direction == "upgrade" and hold.by not in {None, revision} else None
            yield check.finding(
                f"In the {direction} {'to' if direction == 'upgrade' else 'of'} {revision} {sentence(hold, one)}"
                + (f": {elsewhere} has locked it, in the same transaction." if elsewhere else "."),
                # Who goes back has an outage already, and most downgrades are never run.
                kind=f"{direction} {work(hold)}".rstrip(),
                severity=Severity.WARNING if direction == "upgrade" else Severity.NOTE,
                revision=revision,
                object=_object(hold),
                evidence=evidence(hold, one),
                remedy=_EACH_ITS_OWN if elsewhere else recipe(hold, one.relations),
                # The evidence begins with the statement that takes the lock.
                where=sent_from(history, revision, hold.growing[0].places if elsewhere else hold.places),
            )


_EACH_ITS_OWN = (
    "Run each revision in a transaction of its own: context.configure(..., transaction_per_migration=True) in env.py."
)


def _object(hold: Hold) -> str:
    return f"{'materialized view' if hold.table.kind == 'm' else 'table'} {hold.table}"


def _unknown(one: Measured, direction: Direction, revision: str) -> Iterator[Finding]:
    where = f"the {direction} {'to' if direction == 'upgrade' else 'of'} {revision}"
    if one.failed is not None:
        yield READS_BLOCKED.finding(
            f"What {where} locks while it works was not measured: it fails on tables with many rows.",
            kind=f"{direction} fails",
            severity=Severity.NOTE,
            revision=revision,
            evidence=one.failed.told,
            consequence="Whether anybody waits for it as long as the tables are large is not known.",
            remedy="Run it on a copy of production, and look at pg_locks meanwhile.",
        )
    if one.unknown:
        yield READS_BLOCKED.finding(
            f"What {where} does while it locks {', '.join(sorted(map('.'.join, one.unknown)))} is not known: no more"
            " rows could be put there.",
            kind=f"{direction} without rows",
            severity=Severity.NOTE,
            revision=revision,
            evidence="\n".join(f"{'.'.join(name)}: {why}" for name, why in sorted(one.unknown.items())),
            consequence="Whether anybody waits for it as long as the tables are large is not known.",
            remedy="Name values for its columns in [tool.schemaproof], rows; or, if these tables stay small,"
            f" `small-tables = [{', '.join(f'"{".".join(name)}"' for name in sorted(one.unknown))}]`.",
        )


READS_BLOCKED = Check(
    id="reads-blocked",
    area="locks",
    title="No upgrade works on rows while it holds a lock that keeps readers out of a table.",
    reason="The work grows with the table: what takes a moment here takes minutes on millions of rows, and meanwhile"
    " every query on the table waits, until requests time out and connections run out.",
    remedy="Do the work in a transaction that does not hold the lock.",
    scope="revision",
    examine=_reads,
    keywords=("locks",),
)

WRITES_BLOCKED = Check(
    id="writes-blocked",
    area="locks",
    title="No upgrade works on rows while it holds a lock that keeps writers out of a table.",
    reason="The work grows with the table: what takes a moment here takes minutes on millions of rows, and meanwhile"
    " every INSERT, UPDATE and DELETE on the table waits, until requests time out and connections run out.",
    remedy="Do the work in a transaction that does not hold the lock.",
    scope="revision",
    examine=_writes,
    keywords=("locks",),
)
