"""Whether a migration survives a crash of the whole server."""

from collections.abc import Iterator

from schemaproof.check import Check
from schemaproof.finding import Cause, Finding, Severity
from schemaproof.migration.history import History
from schemaproof.proofs.failure.failures import Failures
from schemaproof.proofs.failure.proof import Examined


def _survives(history: History) -> Iterator[Finding]:
    obstacle = _obstacle(history)
    if obstacle:
        yield CRASH_RECOVERY.finding(
            f"No server was crashed: {obstacle}.",
            severity=Severity.NOTE,
            consequence="Whether a crash in a migration leaves anything behind is not known.",
            remedy="None is needed.",
        )
        return
    for revision, examined in history.kept(Failures).crashes().items():
        for one in examined:
            yield from _left(one, revision)


def _obstacle(history: History) -> str:
    """Why no server can be crashed; "" where one can."""
    if history.alone:
        return "revisions make roles, which belong to the whole server"
    if history.server.options is None:
        return "one that a user names is never killed; --postgres=container or embedded starts one that may be"
    return ""


def _left(examined: Examined, revision: str) -> Iterator[Finding]:
    spoilt = [one for one in examined.outcomes if not one.survived]
    if not spoilt or examined.course is None:
        return
    first = spoilt[0]
    if first.lost:
        yield CRASH_RECOVERY.finding(
            f"A crash of the server undoes the {examined.direction} of {revision} although its COMMIT was confirmed.",
            revision=revision,
            evidence=f"when {first}: the database is in the state before",
            consequence="The deployment goes on as if the revision were applied, and the application meets the old"
            " schema.",
            remedy="Let migrations run with synchronous_commit = on.",
        )
        return
    again = ""
    if first.rerun is not None:
        again = "\nrun again: " + (first.rerun.error or "\n".join(first.rerun.differences[:12]))
    yield CRASH_RECOVERY.finding(
        f"A crash of the server in the {examined.direction} of {revision} leaves neither the state before nor the one"
        f" after{', and it does not recover when it is run again' if first.rerun else ''}.",
        revision=revision,
        evidence=f"when {first}:\n" + "\n".join(f"  {line}" for line in first.differences[:12]) + again,
        # What a killed session leaves, a crash leaves too.
        causes=[Cause("atomicity" if first.rerun is None else "rerun-after-failure", revision)],
    )


CRASH_RECOVERY = Check(
    id="crash-recovery",
    area="failure",
    title="A migration in which the server crashes leaves the state before, or the state after.",
    reason="The server comes up again with half of a migration, which no revision describes.",
    remedy="As for atomicity and rerun-after-failure, which tell the cause.",
    scope="history",
    examine=_survives,
    begin=lambda history: history.kept(Failures).begin_crashes(),
    keywords=("rollback",),
)
