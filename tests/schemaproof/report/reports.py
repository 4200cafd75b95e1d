"""Reports to render, without a run."""

from collections.abc import Mapping
from pathlib import Path

from schemaproof.check import Check
from schemaproof.finding import Finding, Severity
from schemaproof.report.outcome import CheckResult, Obstacle, Report


def a_check(id: str = "downgrade-restores", area: str = "downgrade") -> Check:  # noqa: A002 (as in Check)
    """A check that is not run."""
    return Check(
        id=id,
        area=area,
        title="The downgrade restores what was.",
        reason="A rollback fails.",
        remedy="Drop the type.",
        scope="revision",
        examine=lambda *_: (),
    )


def a_finding(
    message: str = "The downgrade leaves it behind.",
    *,
    check: str = "downgrade-restores",
    severity: Severity = Severity.ERROR,
    revision: str | None = "0003",
    object: str | None = "type public.color",  # noqa: A002 (as in Finding)
    evidence: str = "",
) -> Finding:
    """An error of ``a_check()`` at revision 0003, but for what is given."""
    return a_check(check).finding(message, severity=severity, revision=revision, object=object, evidence=evidence)


def a_report(
    *findings: Finding,
    allowed: tuple[tuple[Finding, str], ...] = (),
    skipped: Mapping[str, str] | None = None,
    not_asked: tuple[str, ...] = (),
    obstacles: tuple[Obstacle, ...] = (),
) -> Report:
    """A report of two checks, "single-head" and "downgrade-restores", that took 1 s each, and three revisions.

    ``not_asked``: the revisions that the second was not asked of.
    """
    results = [
        CheckResult(
            check,
            1.0,
            tuple(one for one in findings if one.check == check.id),
            (skipped or {}).get(check.id, ""),
            not_asked if check.id == "downgrade-restores" else (),
        )
        for check in (a_check("single-head", "history"), a_check())
    ]
    return Report(
        subject={"project": Path("/p"), "metadata": None},
        revisions=("0001", "0002", "0003"),
        postgres="17.11",
        checks=tuple(results),
        allowed=allowed,
        seconds=3.14,
        obstacles=obstacles,
    )
