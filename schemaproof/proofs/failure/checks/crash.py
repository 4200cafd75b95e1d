"""Whether a migration survives a crash of the server."""

from collections.abc import Iterator

from schemaproof.check import Check
from schemaproof.finding import Cause, Finding, Severity
from schemaproof.migration.history import History
from schemaproof.proofs.failure.bystatement import by_statement
from schemaproof.proofs.failure.failures import Failures
from schemaproof.proofs.failure.proof import Examined


def _survives(history: History) -> Iterator[Finding]:
    obstacle = _obstacle(history)
    if obstacle:
        yield CRASH_RECOVERY.finding(
            f"No server was crashed: {obstacle}.",
            kind="no crash",
            severity=Severity.NOTE,
            consequence="Whether a crash in a migration leaves anything behind is not known.",
            remedy=_ROLES if history.alone else _NAMED,
        )
        return
    for revision, examined in history.kept(Failures).crashes().items():
        for one in examined:
            yield from _left(one, revision)


def _obstacle(history: History) -> str:
    """Why no server can be crashed; "" where one can."""
    if history.alone:
        return "the revisions create and drop roles, which belong to the whole server"
    if history.server.options is None:
        return "a server that you name is never killed"
    return ""


_ROLES = (
    'Create the roles outside of migrations and name them in [tool.schemaproof], roles = ["..."]: a server can be'
    " crashed"
    " in revisions that only use roles."
)
_NAMED = "Run `schemaproof verify --postgres embedded`, or `--postgres container`: a throwaway server may be killed."


def _left(examined: Examined, revision: str) -> Iterator[Finding]:
    spoilt = [one for one in examined.outcomes if not one.survived]
    if not spoilt or examined.course is None:
        return
    first = spoilt[0]
    if first.lost:
        yield CRASH_RECOVERY.finding(
            f"A server crash undoes the {examined.direction} of {revision} after its COMMIT was confirmed.",
            kind=f"{examined.direction} undone",
            revision=revision,
            evidence=f"when {first}: the database is in the state before",
            grids=[by_statement(examined.outcomes)],
            consequence="The deployment goes on as if the revision were applied, and the new release runs on the old"
            " schema.",
            remedy="Run migrations with synchronous_commit = on: look for where env.py, the URL's options or ALTER ROLE"
            " turn it off.",
        )
        return
    again = ""
    if first.rerun is not None:
        again = "\nrun again: " + (first.rerun.error or "\n".join(first.rerun.differences[:12]))
    yield CRASH_RECOVERY.finding(
        f"A server crash during the {examined.direction} of {revision} leaves neither the state before nor the one"
        f" after{', and it does not recover when it is run again' if first.rerun else ''}.",
        kind=f"{examined.direction} in between",
        revision=revision,
        evidence=f"when {first}:\n" + "\n".join(f"  {line}" for line in first.differences[:12]) + again,
        grids=[by_statement(examined.outcomes)],
        # What a killed session leaves, a crash leaves too.
        causes=[Cause("atomicity" if first.rerun is None else "rerun-after-failure", revision)],
    )


CRASH_RECOVERY = Check(
    id="crash-recovery",
    area="failure",
    title="A migration in which the server crashes leaves the state before, or the state after.",
    reason="The server comes up again with half of a migration, a schema that no revision describes.",
    remedy="Do all that a revision does in one transaction, on op.get_bind(); what can't run in one, put alone into an"
    " autocommit_block(), in a form that can be run again.",
    scope="history",
    examine=_survives,
    begin=lambda history: history.kept(Failures).begin_crashes(),
    keywords=("rollback",),
)
