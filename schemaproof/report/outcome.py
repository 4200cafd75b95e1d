"""The outcome of a verification, as values: what every format of report shows."""

import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Self

from schemaproof.check import Check
from schemaproof.errors import ProofError
from schemaproof.finding import FailOn, Finding
from schemaproof.project.allowances import Allowance
from schemaproof.project.baseline import Entry
from schemaproof.project.severities import Regraded
from schemaproof.tally import Tally


@dataclass(frozen=True)
class Obstacle:
    """Why something did not run.

    Attributes:
        kind: "interrupted" by a signal, "impossible" for a reason outside the harness, or a "defect" of the harness.
        cause: what happened, one sentence.
        evidence: what was seen, a traceback say; "" for nothing to add.
        remedy: what the user can do about it; "" for nothing.
        check: the id of the check that could not run; None for all that were still to run.
        revision: the revision that it could not run on; None for the project as a whole, or the rest of it.
    """

    kind: Literal["interrupted", "impossible", "defect"]
    cause: str
    evidence: str = ""
    remedy: str = ""
    check: str | None = None
    revision: str | None = None

    def __str__(self) -> str:
        """Cause, evidence and remedy, in that order."""
        return "\n".join(filter(None, (self.cause, self.evidence, self.remedy and f"Remedy: {self.remedy}")))

    @classmethod
    def of(cls, error: BaseException, check: str | None = None, revision: str | None = None) -> Self:
        """The obstacle that ``error`` is: something outside schemaproof if it is a ProofError, else a bug of ours."""
        if isinstance(error, ProofError):
            return cls("impossible", error.cause, error.evidence, error.remedy, check, revision)
        told = "".join(traceback.format_exception(error)).rstrip()
        last = told.splitlines()[-1] if told else type(error).__name__
        return cls(
            "defect",
            f"schemaproof failed: {last}",
            told,
            "This is a bug in schemaproof: please report it with the lines above.",
            check,
            revision,
        )


@dataclass(frozen=True)
class Part:
    """Which part of a verification a run is, and by what the parts of one are known to fit together.

    Attributes:
        shard: its number, from 1.
        of: how many parts there are.
        selected: the ids of the checks that all parts ask together.
        together: the ids of the revisions that all parts ask about together.
        why: what those have in common; "" if they are all that there are.
        digest: of what is verified.
        versions: of what verifies it, by package.
    """

    shard: int
    of: int
    selected: tuple[str, ...]
    together: tuple[str, ...]
    why: str
    digest: str
    versions: Mapping[str, str]


@dataclass(frozen=True)
class Scope:
    """The revisions that are asked about, where not all are.

    Attributes:
        asked: their ids, in the order in which they are applied.
        why: what they have in common: "new since origin/main (merge base 1a2b3c4d5e)".
        remarks: what else is to be known of the choice, a sentence without its full stop each.
        part: which part of a verification this is; None if it is the whole.
    """

    asked: tuple[str, ...]
    why: str
    remarks: tuple[str, ...] = ()
    part: Part | None = None


@dataclass(frozen=True)
class Recalled:
    """What was known from earlier runs, so that it was not asked again.

    Attributes:
        revisions: the ids of those of which all was known.
        remarks: what could not be looked up or kept, a sentence without its full stop each.
        checks: the ids of the checks of the whole history that were not asked again.
    """

    revisions: tuple[str, ...]
    remarks: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Known:
    """What the project's baseline says of the findings.

    Attributes:
        findings: those that are in it, each with the reason.
        fixed: what is in it and was not found, though it was looked for.
        unmatched: of a part, all that is in it and was not found.
    """

    findings: tuple[tuple[Finding, str], ...] = ()
    fixed: tuple[Entry, ...] = ()
    unmatched: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class CheckResult:
    """What one check found.

    Attributes:
        check: the check.
        seconds: how long it took of the run's own time: of a moment in which several are at work, each has a part.
        findings: what it found, without what is allowed or known.
        skipped: why it did not run, or not on every revision; "" if it did.
        not_asked: the revisions that it did not run on, if it runs on each.
    """

    check: Check
    seconds: float
    findings: tuple[Finding, ...]
    skipped: str = ""
    not_asked: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """The outcome of a verification.

    Attributes:
        subject: what was verified, for people: "project", "alembic_ini", "driver" and
            "driver_from" (why that one), "revisions", "heads", "metadata".
        revisions: the ids of the revisions in the order in which they are applied.
        postgres: the server's release.
        checks: a result for each check that was to run, in the registry's order.
        allowed: findings that the team accepts, each with the reason.
        seconds: how long the whole run took.
        faults: how many faults were injected into the revisions.
        remarks: notes that come from no check, on the server for one.
        obstacles: what kept checks from running, other than the project's revisions.
        regraded: what the severities that the team gives have changed.
        fail_on: which findings make the verdict "faulty".
        scope: which revisions were asked about; None if all were.
        unmatched: of a part, the allowances that match none of its findings.
        expired: of a part, the allowances that would match some of its findings, had they not expired.
        recalled: what was known from earlier runs; None where nothing was looked up.
        walk_seconds: how long took what checks share, databases and the stairway of each revision; as for a check.
        server: which one it was, and why that one; "" where none ran.
        known: what the baseline says of the findings; None where there is none.
    """

    subject: Mapping[str, object]
    revisions: tuple[str, ...]
    postgres: str
    checks: tuple[CheckResult, ...]
    allowed: tuple[tuple[Finding, str], ...]
    seconds: float
    faults: Tally = field(default_factory=Tally)
    remarks: tuple[Finding, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    regraded: tuple[Regraded, ...] = ()
    fail_on: FailOn = FailOn.WARNING
    scope: Scope | None = None
    recalled: Recalled | None = None
    walk_seconds: float = 0.0
    unmatched: tuple[Allowance, ...] = ()
    server: str = ""
    expired: tuple[Allowance, ...] = ()
    known: Known | None = None

    @property
    def left_out(self) -> tuple[str, ...]:
        """The revisions that were not asked about, since they are not in ``scope``."""
        asked = set(self.revisions if self.scope is None else self.scope.asked)
        return tuple(one for one in self.revisions if one not in asked)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The remarks, and all findings that are neither allowed nor known, check by check."""
        return (*self.remarks, *(finding for result in self.checks for finding in result.findings))

    @property
    def accepted(self) -> tuple[tuple[Finding, str], ...]:
        """The findings that are allowed, and those that are known, each with the reason."""
        return (*self.allowed, *(self.known.findings if self.known else ()))

    @property
    def verdict(self) -> Literal["sound", "faulty", "incomplete"]:
        """What ``findings`` and ``obstacles`` come to: "sound" if all was checked and nothing counts (see ``fail_on``).

        A finding stays true whatever the rest would show: a project with one is "faulty" even if something could not be
        checked. A project without one is "incomplete" then.
        """
        if any(self.fail_on.counts(finding.severity) for finding in self.findings):
            return "faulty"
        return "incomplete" if self.obstacles else "sound"
