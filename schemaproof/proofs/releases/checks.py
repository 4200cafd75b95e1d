"""Whether the release that still runs works on the schema that a deployment leaves."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from schemaproof.catalog import Identity
from schemaproof.catalog.names import unquoted
from schemaproof.check import Check
from schemaproof.finding import Cause, Finding, Severity
from schemaproof.proofs.releases import functions, hiding, telling
from schemaproof.proofs.releases.contracts import is_prepared
from schemaproof.proofs.releases.experiment import Releases, Trial
from schemaproof.proofs.releases.fired import ran
from schemaproof.proofs.releases.judging import Fault, Kind, faults
from schemaproof.proofs.releases.newer import stranded

if TYPE_CHECKING:
    from schemaproof.migration.history import History

_READS: frozenset[Kind] = frozenset(
    {"relation renamed", "name taken", "column renamed", "column hidden", "column retyped", "read refused"}
)
_DROPPED: frozenset[Kind] = frozenset({"relation dropped", "column dropped"})


def _faults(history: "History", revision: str) -> Iterator[tuple[Trial, Fault]]:
    trial = history.kept(Releases).trial(revision)
    if trial is not None:
        for fault in faults(trial):
            yield trial, fault


def _writes(history: "History", revision: str) -> Iterator[Finding]:
    for trial, fault in _faults(history, revision):
        if fault.kind in _READS | _DROPPED:
            continue
        if fault.kind == "always generated" and fault.now == "generated" and _is_prepared(history, trial, fault):
            continue
        yield _told(OLDER_RELEASE_WRITES, fault, trial)
    if (tried := history.kept(Releases).trial(revision)) is not None:
        yield from hiding.writes(OLDER_RELEASE_WRITES, tried, OLDER_RELEASE_READS.id)


def _reads(history: "History", revision: str) -> Iterator[Finding]:
    for trial, fault in _faults(history, revision):
        if fault.kind in _READS or _is_missed(fault, trial):
            yield _told(OLDER_RELEASE_READS, fault, trial)
    if (tried := history.kept(Releases).trial(revision)) is not None:
        yield from hiding.reads(OLDER_RELEASE_READS, tried)


def _dropped(history: "History", revision: str) -> Iterator[Finding]:
    for trial, fault in _faults(history, revision):
        if fault.kind in _DROPPED and not _is_missed(fault, trial) and not _is_prepared(history, trial, fault):
            yield OLDER_RELEASE_READS_DROPPED.finding(
                f"{fault.revision} drops {fault.object}; whether the release before it still names it can't be seen"
                " from here.",
                severity=Severity.NOTE,
                revision=fault.revision,
                object=fault.object,
                evidence=telling.evidence(fault),
                remedy=telling.remedy(fault, trial),
                # That it is dropped, with what it holds, is one matter.
                causes=[Cause("values-kept", fault.revision, str(fault.object))],
            )


def _rolled_back(history: "History", revision: str) -> Iterator[Finding]:
    trial = history.kept(Releases).trial(revision)
    if trial is None or not trial.affected.relations or not history.stairs(revision).ran_down:
        return
    for one in stranded(history, trial):
        newer = one.newer
        yield NEWER_ROWS_ROLLED_BACK.finding(
            telling.rolled_back(one, revision),
            # PostgreSQL drops no label of an enum: that a downgrade leaves it is usual.
            severity=Severity.NOTE if one.statement is None else Severity.WARNING,
            revision=revision,
            object=Identity("column", newer.table[0], newer.table[1], newer.column),
            evidence=telling.rolled_back_evidence(one, revision),
            remedy=telling.rolled_back_remedy(one),
            # What the downgrade leaves of the newer schema lets such rows stay.
            causes=[Cause("downgrade-restores", revision), Cause("downgrade-missing", revision)],
        )


def _functions(history: "History", revision: str) -> Iterator[Finding]:
    trial = history.kept(Releases).trial(revision)
    if trial is None:
        return
    for told in functions.broken(trial):
        yield FUNCTIONS_RUN.finding(
            told.message,
            kind=told.kind,
            severity=told.severity,
            revision=told.revision,
            object=told.routine,
            evidence="\n".join(told.lines),
            consequence=told.consequence,
            remedy=functions.remedy(told, trial.after),
        )


def _told(check: Check, fault: Fault, trial: Trial) -> Finding:
    routines = [ran(one.refusal, trial.after) for one in fault.refused if fault.kind == "write refused"]
    return check.finding(
        telling.message(fault),
        kind=telling.kind(fault),
        severity=Severity.WARNING if _is_told_by_the_schema(fault, trial) else Severity.NOTE,
        revision=fault.revision,
        object=fault.object,
        evidence=telling.evidence(fault),
        remedy=telling.remedy(fault, trial),
        # What fails in a trigger's function fails for the newer release too.
        causes=[Cause("functions-run", fault.revision, str(one)) for one in dict.fromkeys(routines) if one],
    )


def _is_told_by_the_schema(fault: Fault, trial: Trial) -> bool:
    """Whether the older release's schema lets expect such statements: for ON CONFLICT, by the primary key alone.

    Nothing shows that an INSERT names anything else that is unique: it may be there for what it keeps out.
    """
    if fault.kind != "no conflict target":
        return True
    return any(
        attributes.get("type") == "PRIMARY KEY"
        and (one.schema, one.parent) == fault.relation
        and isinstance(columns := attributes.get("columns"), tuple)
        and ", ".join(unquoted(str(column))[-1] for column in columns) == fault.column
        for one, attributes in trial.before.objects.items()
        if one.kind == "constraint"
    )


def _is_missed(fault: Fault, trial: Trial) -> bool:
    """Whether it is a table that others referred to which are still there."""
    if fault.kind != "relation dropped":
        return False
    schema, name = fault.relation
    return any(
        attributes.get("type") == "FOREIGN KEY"
        and unquoted(str(attributes.get("references"))) == (schema, name)
        and (one.schema, one.parent) != (schema, name)
        and one._replace(kind="table", parent="", name=one.parent) in trial.after.objects
        for one, attributes in trial.before.objects.items()
        if one.kind == "constraint"
    )


def _is_prepared(history: "History", trial: Trial, fault: Fault) -> bool:
    """Whether an earlier deployment has freed the older release from sending the column."""
    return bool(fault.column) and is_prepared(history, trial.places.start, fault.object, trial.before)


OLDER_RELEASE_WRITES = Check(
    id="older-release-writes",
    area="releases",
    title="What the release before a deployment inserts, updates and deletes is accepted by the schema after it.",
    reason="While the deployment rolls out, and after the code was rolled back, the older release runs on the newer"
    " schema: its writes fail with these errors.",
    remedy="Expand in this release, contract in the next one: until no older release runs, the schema accepts what it"
    " sends.",
    scope="revision",
    examine=_writes,
    keywords=("deployment",),
)

OLDER_RELEASE_READS = Check(
    id="older-release-reads",
    area="releases",
    title="What the release before a deployment reads is there after it, under its name and of its type.",
    reason="While the deployment rolls out, and after the code was rolled back, the older release runs on the newer"
    " schema: its queries fail with these errors.",
    remedy="Expand in this release, contract in the next one: leave a view, or a second column, of the old name.",
    scope="revision",
    examine=_reads,
    keywords=("deployment",),
)

OLDER_RELEASE_READS_DROPPED = Check(
    id="older-release-reads-dropped",
    area="releases",
    title="What a deployment drops, the release before it does not use any more.",
    reason="If the older release still names it, its queries fail while the deployment rolls out.",
    remedy="Drop it one release after the last one that uses it.",
    scope="revision",
    examine=_dropped,
    keywords=("deployment",),
)

NEWER_ROWS_ROLLED_BACK = Check(
    id="newer-rows-rolled-back",
    area="releases",
    title="After a rollback, the older release can read and update the rows that only the newer schema allows.",
    reason="The rollback itself passes. Afterwards the older release fails on each row that the newer one has written"
    " meanwhile.",
    remedy="Turn such rows in downgrade() into ones that the older release knows.",
    scope="revision",
    examine=_rolled_back,
    keywords=("deployment", "rollback"),
)

FUNCTIONS_RUN = Check(
    id="functions-run",
    area="releases",
    title="A function that works before a deployment works after it: its body names nothing that is gone.",
    reason="PostgreSQL keeps the body as text, so that a column or table can be dropped or renamed under it. The next"
    " call fails; if a trigger runs it, so does every write to its table.",
    remedy='Replace the function in the revision that changes what it names: `op.execute("CREATE OR REPLACE FUNCTION'
    ' ...")`; or drop it, if nothing calls it any more.',
    scope="revision",
    examine=_functions,
    keywords=("deployment", "function", "trigger"),
)

CHECKS = (
    FUNCTIONS_RUN,
    OLDER_RELEASE_WRITES,
    OLDER_RELEASE_READS,
    OLDER_RELEASE_READS_DROPPED,
    NEWER_ROWS_ROLLED_BACK,
)
