"""Whether anybody is kept out of a table for as long as work takes that grows with its rows."""

from collections.abc import Iterator, Mapping

from schemaproof.check import Check
from schemaproof.finding import Cause, Finding, Severity
from schemaproof.migration.environment import Direction
from schemaproof.migration.history import History
from schemaproof.migration.lines.blocks import with_env
from schemaproof.migration.places.finder import sent_from
from schemaproof.proofs.locks.holds import Hold
from schemaproof.proofs.locks.joining import Joined, joined
from schemaproof.proofs.locks.measuring import Locks, Measured
from schemaproof.proofs.locks.recipes import recipe
from schemaproof.proofs.locks.relations import Whom
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
    for told in joined(one.holds, one.relations):
        for part in _by_check(told):
            hold = part.main
            if _CHECKS[hold.whom] != check.id:
                continue
            elsewhere = hold.by if direction == "upgrade" and hold.by not in {None, revision} else None
            them = "them" if part.others else "it"
            yield check.finding(
                f"In the {direction} {'to' if direction == 'upgrade' else 'of'} {revision} {sentence(part, one)}"
                + (f": {elsewhere} has locked {them}, in the same transaction." if elsewhere else "."),
                # Who goes back has an outage already, and most downgrades are never run.
                kind=f"{direction} {work(hold, one)}".rstrip(),
                severity=Severity.WARNING if direction == "upgrade" else Severity.NOTE,
                revision=revision,
                object=_object(hold),
                evidence=evidence(part, one),
                remedy=with_env(
                    _EACH_ITS_OWN if elsewhere else recipe(hold, one.relations),
                    begun_outside=history.facts.begun_outside,
                ),
                causes=[] if hold is told.main else [Cause(_CHECKS[told.main.whom], revision, _object(told.main))],
                # The evidence begins with the statement that takes the lock.
                where=sent_from(history, revision, hold.growing[0].places if elsewhere else hold.places),
            )


def _by_check(told: Joined) -> Iterator[Joined]:
    """``told``, and by itself what another check than its own forbids of it: each is red without the other."""
    yield told
    unlike = [hold for hold in told.others if hold.whom != told.main.whom]
    if unlike:
        yield Joined(unlike[0], unlike[1:])


_CHECKS: Mapping[Whom, str] = {"reads": "reads-blocked", "writes": "writes-blocked"}
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
    id=_CHECKS["reads"],
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
    id=_CHECKS["writes"],
    area="locks",
    title="No upgrade works on rows while it holds a lock that keeps writers out of a table.",
    reason="The work grows with the table: what takes a moment here takes minutes on millions of rows, and meanwhile"
    " every INSERT, UPDATE and DELETE on the table waits, until requests time out and connections run out.",
    remedy="Do the work in a transaction that does not hold the lock.",
    scope="revision",
    examine=_writes,
    keywords=("locks",),
)
