"""What a check of deletes says where it could try nothing."""

from schemaproof.check import Check
from schemaproof.finding import Finding, Severity


def undecided(check: Check, error: Exception) -> Finding:
    """A note that nothing was tried, with ``error``, whose text says why."""
    return check.finding(
        "No delete could be tried.",
        kind="undecided",
        severity=Severity.NOTE,
        evidence=str(error),
        consequence="Whether deletes in this database do what the model says is not known.",
        remedy="Fix the error above, then run `schemaproof verify` again.",
    )
