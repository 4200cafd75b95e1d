"""All checks of a subject, asked in order, and the verdict."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Literal, Protocol

import psycopg
import sqlalchemy.exc

from schemaproof.allowances import Allowance, of_revision, split, unused_findings
from schemaproof.checks import CHECKS, CRASH_RECOVERY, UNUSED_ALLOWANCE, Check
from schemaproof.faults.tally import Tally
from schemaproof.finding import Finding, Severity
from schemaproof.history import History, open_history
from schemaproof.migration.roles import SharedRoleError
from schemaproof.migration.states import UpgradeFailedError
from schemaproof.postgres import Server
from schemaproof.subject import Subject, SubjectError
from schemaproof.walk import walk

_KNOWN = frozenset(check.id for check in CHECKS)


class Progress(Protocol):
    """What is told while a verification runs."""

    def stage(self, text: str, total: int) -> None:
        """A new stage of ``total`` steps begins."""

    def step(self, text: str, done: int) -> None:
        """``done`` steps of the stage are done; the last one was ``text``."""


@dataclass(frozen=True)
class CheckResult:
    """What one check said.

    Attributes:
        check: the check.
        seconds: how long it took; what several checks share counts for the first of them.
        findings: what it found and nobody allowed.
        skipped: why it was not asked, or not of every revision; "" where it was.
    """

    check: Check
    seconds: float
    findings: tuple[Finding, ...]
    skipped: str = ""


@dataclass(frozen=True)
class Report:
    """The outcome of a verification.

    Attributes:
        subject: what was verified, for people: "project", "alembic_ini", "driver", "revisions", "heads", "metadata".
        revisions: the ids of the revisions in the order in which they are applied.
        postgres: the server's release.
        checks: a result for each check that was asked for, in the registry's order.
        allowed: findings that the team accepts, each with its reason.
        seconds: how long all of it took.
        faults: how many faults were injected into the revisions.
        remarks: notes that no check tells: on the server, for one.
    """

    subject: Mapping[str, object]
    revisions: tuple[str, ...]
    postgres: str
    checks: tuple[CheckResult, ...]
    allowed: tuple[tuple[Finding, str], ...]
    seconds: float
    faults: Tally = field(default_factory=Tally)
    remarks: tuple[Finding, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The remarks, and all findings, check by check."""
        return (*self.remarks, *(finding for result in self.checks for finding in result.findings))

    @property
    def verdict(self) -> Literal["sound", "faulty"]:
        """Sound means: no error and no warning."""
        return "faulty" if any(finding.severity is not Severity.NOTE for finding in self.findings) else "sound"


@dataclass
class _Tally:
    """The findings, seconds and gaps of each check so far."""

    checks: Sequence[Check]
    findings: dict[str, list[Finding]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)

    def add(self, check: Check, findings: Iterable[Finding], seconds: float) -> None:
        """Add what ``check`` found; a finding may name another one, which tells it if it was asked."""
        asked = {one.id for one in self.checks}
        for finding in findings:
            self.findings.setdefault(finding.check if finding.check in asked else check.id, []).append(finding)
        self.seconds[check.id] = self.seconds.get(check.id, 0.0) + seconds

    def ask(self, check: Check, history: History) -> None:
        start = perf_counter()
        findings = list(check.examine(history))
        self.add(check, findings, perf_counter() - start)

    def forget(self, checks: Iterable[Check]) -> None:
        for check in checks:
            self.findings.pop(check.id, None)

    def skip(self, checks: Iterable[Check], reason: str) -> None:
        self.skipped |= {check.id: reason for check in checks}


def verify(
    subject: Subject,
    server: Server,
    *,
    checks: Sequence[Check],
    allowances: Sequence[Allowance] = (),
    progress: Progress,
) -> Report:
    """What ``checks`` find in ``subject``, examined on databases of their own on ``server``.

    Args:
        subject: what is verified.
        server: on which; nothing of the run is left there.
        checks: those to ask, in the order in which they are told.
        allowances: those of the configuration; the ones beside the revisions are added.
        progress: told what is going on.

    Raises:
        SubjectError: when the subject can't be examined.
        PostgresError: when the server fails.
    """
    start = perf_counter()
    try:
        history, tally = _examine(subject, server, checks, progress, alone=False)
    except SharedRoleError:  # a role that a revision makes: one database at a time then
        history, tally = _examine(subject, server, checks, progress, alone=True)
    except (psycopg.OperationalError, sqlalchemy.exc.OperationalError, OSError):
        server.require()  # where it is lost, that is what there is to say
        raise
    return _report(history, tally, allowances, perf_counter() - start)


def _examine(
    subject: Subject, server: Server, checks: Sequence[Check], progress: Progress, *, alone: bool
) -> tuple[History, _Tally]:
    tally = _Tally(checks)
    with open_history(subject, server, alone=alone) as history, _roles_dropped(history):
        by_area = {check: check.area == "history" for check in checks}
        for check in (check for check, structural in by_area.items() if structural):
            tally.ask(check, history)
        rest = [check for check, structural in by_area.items() if not structural]
        if history.chain.defects and not any(by_area.values()):
            raise SubjectError(
                history.chain.defects[0].message, remedy="Ask the history checks too: they tell them all."
            )
        if history.chain.defects:
            tally.skip(rest, "the revisions can't be walked")
        else:
            _examine_on_server(history, rest, tally, progress, alone=alone)
    return history, tally


def _examine_on_server(
    history: History, checks: Sequence[Check], tally: _Tally, progress: Progress, *, alone: bool
) -> None:
    each = [check for check in checks if check.scope == "revision"]
    once = [check for check in checks if check.scope == "history"]
    if CRASH_RECOVERY in once:
        history.begin_crashes()  # in a process of its own, beside everything else
    with walk(history, each, progress, parallel=not alone) as walking:
        # The others wait for nothing that the walk finds, so both are under way at once.
        early = [check for check in once if check.id not in _AFTER_THE_WALK and not walking.inline]
        failed = _ask_each(early, history, tally)
        walking.finish()
    stopped = walking.stopped_at or failed
    late = [check for check in once if check not in early]
    if stopped is None and once:
        # Either is told by a check of its own. What was asked meanwhile did not know of it, and is asked again.
        if _one_call_differs(history) or history.unstable:
            tally.forget(early)
            late = once
        progress.stage("the whole history", len(late))
        failed = _ask_each(late, history, tally, progress)
        stopped = failed
    if stopped is not None:
        if not each:
            raise SubjectError(
                f"The upgrade to {stopped} fails, so head can't be reached.",
                remedy="Ask the check upgrade-from-empty too: it tells why.",
            )
        tally.skip(once, f"the upgrade to {stopped} fails")
        tally.forget(once)
        tally.skip(each, f"not asked of what comes after {stopped}")
    for check in each:
        tally.add(check, walking.findings[check.id], walking.seconds[check.id])


def _one_call_differs(history: History) -> bool:
    try:
        return history.one_call_differs()
    except UpgradeFailedError:  # which the checks will meet too
        return False


# What they need is known when every revision has been climbed.
_AFTER_THE_WALK = ("downgrade-to-base", "upgrade-in-one-call", "crash-recovery", "concurrent-deployers")


def _ask_each(checks: Sequence[Check], history: History, tally: _Tally, progress: Progress | None = None) -> str | None:
    """Ask ``checks``; the revision at which the upgrade to head fails, if it does."""
    for done, check in enumerate(checks, 1):
        try:
            tally.ask(check, history)
        except UpgradeFailedError as error:
            return history.revisions[error.index].revision
        if progress is not None:
            progress.step(check.id, done)
    return None


@contextmanager
def _roles_dropped(history: History) -> Iterator[None]:
    """At the end, drop the roles that revisions made, now that no database needs them."""
    try:
        yield
    finally:
        history.close()
        history.roles.drop(history.role_statements)


def _report(history: History, tally: _Tally, allowances: Sequence[Allowance], seconds: float) -> Report:
    found = [finding for findings in tally.findings.values() for finding in findings]
    asked = {check.id for check in tally.checks}
    beside = [one for script in history.revisions for one in of_revision(script.module, script.revision, _KNOWN)]
    kept, allowed, unused = split(found, [*allowances, *beside])
    if UNUSED_ALLOWANCE.id in asked:
        answered = asked - tally.skipped.keys()
        kept.extend(unused_findings(UNUSED_ALLOWANCE, (one for one in unused if one.check in answered)))
    results = tuple(
        CheckResult(
            check,
            tally.seconds.get(check.id, 0.0),
            tuple(one for one in kept if one.check == check.id or one in tally.findings.get(check.id, ())),
            tally.skipped.get(check.id, ""),
        )
        for check in tally.checks
    )
    order = tuple(script.revision for script in history.revisions)
    faults, remarks = history.proof.tally, tuple(_remarks(history))
    release = history.server.version_text
    return Report(_about(history), order, release, results, tuple(allowed), seconds, faults, remarks)


def _remarks(history: History) -> Iterator[Finding]:
    """A note for all that the server makes different by itself."""
    if history.noise:
        names = ", ".join(f"{one.attribute} of a {one.kind}" for one in history.noise)
        yield Finding(
            check="server",
            area="server",
            severity=Severity.NOTE,
            revision=None,
            object=None,
            message=f"PostgreSQL {history.server.version_text} itself makes identical objects differ in {names}.",
            consequence="It is left out of every comparison, so a revision that changes it is not judged.",
            evidence="\n".join(f"{one.kind}, {one.attribute}: {one.seen}" for one in history.noise),
            remedy="If a revision sets it, verify on another release too: --postgres-image postgres:16",
        )


def _about(history: History) -> dict[str, object]:
    subject = history.subject
    return {
        "project": str(subject.project),
        "alembic_ini": str(subject.alembic_ini),
        "metadata": subject.metadata or "target_metadata of env.py",
        "driver": history.environment.driver,
        "revisions": len(history.revisions),
        "heads": [] if history.chain.defects else list(history.chain.heads),
    }
