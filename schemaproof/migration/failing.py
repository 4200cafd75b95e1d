"""What a finding says of a run of env.py that failed, or did not end by itself."""

from typing import TypedDict

from schemaproof.migration import aborted
from schemaproof.migration.environment import Run
from schemaproof.migration.extensions import extension_remedy


class Failure(TypedDict):
    """What goes into a finding; None leaves it to the check."""

    evidence: str
    consequence: str | None
    remedy: str | None


def fate(run: Run) -> str:
    """What became of ``run``, in words that go on after "The upgrade to 0002"."""
    return "fails" if run.hang is None else run.hang.does


def failure(run: Run) -> Failure:
    """Evidence of the failure of ``run``, and what a hang or an error that was caught has of its own."""
    hang = run.hang
    if hang is None:
        remedy = extension_remedy(run.error) if run.first is None else aborted.remedy(run.first)
        return {"evidence": run.told, "consequence": None, "remedy": remedy}
    return {"evidence": run.told, "consequence": hang.consequence, "remedy": hang.remedy}
