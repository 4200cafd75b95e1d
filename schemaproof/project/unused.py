"""Whether what the team accepted is still there."""

from schemaproof.check import Check
from schemaproof.finding import Finding


def _told_by_verify(_history: object) -> tuple[Finding, ...]:
    """Nothing: which allowances matched is known only when all other checks have been asked."""
    return ()


UNUSED_ALLOWANCE = Check(
    id="unused-allowance",
    area="configuration",
    title="Every allowance matches a finding.",
    reason="An allowance that matches nothing today hides a defect tomorrow.",
    remedy="Delete the allowance.",
    scope="history",
    examine=_told_by_verify,
)
