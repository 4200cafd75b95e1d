"""What a verification has found so far, kept event by event: whatever ends the run, this is reported.

A record passes each event on to a listener, so that a second one in another process is always a copy of it: that
process can report what was found even if the project's code takes its own process down.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from schemaproof.finding import Finding
from schemaproof.project.allowances import Allowance
from schemaproof.proofs.registry import CHECKS
from schemaproof.report.outcome import Obstacle, Recalled, Scope
from schemaproof.run.spells import WALK, Spell
from schemaproof.tally import Tally

_OF_EACH = frozenset(check.id for check in CHECKS if check.scope == "revision")

Listener = Callable[[str, tuple[Any, ...]], None]


@dataclass
class Record:
    """The findings, seconds and gaps of each check so far.

    Attributes:
        checks: the ids of those that are to run.
        about: what is verified, for people; empty until env.py has run.
        revisions: the ids of the revisions in the order in which they are applied.
        scope: which of them are asked about; None for all.
        postgres: the server's release; "" until it runs.
        server: which one it is, and why that one; "" until it runs.
        beside: the allowances in the revision files.
        remarks: notes that come from no check.
        findings: by the id of the check that reports them.
        spells: when each check, and what they share, was at work.
        skipped: by check, what in the project keeps it from running.
        asked: by check, the revisions that it has finished; None for the project as a whole.
        answers: by check and revision (None: the project as a whole), what the check found when it was asked.
        recalled: what was known from earlier runs and not asked again; None where nothing was looked up.
        obstacles: what else kept checks from running.
        faults: how many were injected, by who counts them.
        listener: gets each event; ``hear`` of another record takes it.
    """

    checks: tuple[str, ...]
    about: Mapping[str, object] = field(default_factory=dict)
    revisions: tuple[str, ...] = ()
    scope: Scope | None = None
    postgres: str = ""
    server: str = ""
    beside: tuple[Allowance, ...] = ()
    remarks: tuple[Finding, ...] = ()
    findings: dict[str, list[Finding]] = field(default_factory=dict)
    spells: list[Spell] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    asked: dict[str, set[str | None]] = field(default_factory=dict)
    answers: dict[tuple[str, str | None], tuple[Finding, ...]] = field(default_factory=dict, repr=False)
    recalled: Recalled | None = None
    obstacles: list[Obstacle] = field(default_factory=list)
    faults: dict[str, Tally] = field(default_factory=dict)
    listener: Listener = field(default=lambda _kind, _said: None, repr=False)

    def hear(self, kind: str, said: tuple[Any, ...]) -> None:
        """Take in an event from another record's listener."""
        getattr(self, f"_{kind}")(*said)
        self.listener(kind, said)

    def start(self, postgres: str, server: str = "") -> None:
        """The server runs: its release, and which one it is and why."""
        self.hear("started", (postgres, server))

    def begin(
        self,
        about: Mapping[str, object],
        revisions: Sequence[str],
        beside: Sequence[Allowance],
        remarks: Sequence[Finding],
        scope: Scope | None = None,
    ) -> None:
        """The revisions are known; what an earlier try found is forgotten."""
        self.hear("begun", (dict(about), tuple(revisions), tuple(beside), tuple(remarks), scope))

    def add(self, check: str, findings: Iterable[Finding], begin: float, revision: str | None = None) -> None:
        """Add what ``check`` found; a finding may name another check, which gets it if that one is to run too.

        ``begin``: when it was asked, by ``perf_counter``.
        """
        self.hear("found", (check, tuple(findings), Spell.until_now(os.getpid(), check, begin), revision))

    def spend(self, check: str, begin: float) -> None:
        """``check`` was at work from ``begin`` until now, by ``perf_counter``, and has found nothing yet."""
        self.hear("spent", (Spell.until_now(os.getpid(), check, begin),))

    def share(self, begin: float) -> None:
        """What several checks share was at work from ``begin`` until now, by ``perf_counter``."""
        self.hear("shared", (Spell.until_now(os.getpid(), WALK, begin),))

    def recall(self, revisions: Sequence[str], remarks: Sequence[str], checks: Sequence[str] = ()) -> None:
        """All is known of ``revisions`` from earlier runs, and of the whole history what ``checks`` found.

        ``remarks``: on what could not be looked up or kept.
        """
        self.hear("remembered", (Recalled(tuple(revisions), tuple(remarks), tuple(checks)),))

    def remark(self, note: Finding) -> None:
        """Add a note that comes from no check."""
        self.hear("remarked", (note,))

    def forget(self, checks: Iterable[str]) -> None:
        """Forget what ``checks`` found: they run again, or can't run."""
        self.hear("forgotten", (tuple(checks),))

    def skip(self, checks: Iterable[str], reason: str) -> None:
        """Something in the project keeps ``checks`` from running, on some revisions at least."""
        self.hear("left_out", (tuple(checks), reason))

    def fail(self, obstacle: Obstacle) -> None:
        """Something else keeps checks from running."""
        self.hear("failed", (obstacle,))

    def count(self, who: str, faults: Tally) -> None:
        """``who`` has injected as many ``faults`` by now."""
        self.hear("counted", (who, faults))

    def unanswered(self, check: str) -> tuple[str | None, ...]:
        """What ``check`` has not finished: revisions, or (None,) for the project as a whole."""
        answered = self.asked.get(check, set())
        every: tuple[str | None, ...] = self._each if check in _OF_EACH and self.revisions else (None,)
        return tuple(one for one in every if one not in answered)

    @property
    def _each(self) -> tuple[str, ...]:
        """The revisions that are asked about one by one."""
        return self.revisions if self.scope is None else self.scope.asked

    def place(self) -> str:
        """How far the run got: "at revision 3 of 12 (0003)"."""
        each = [check for check in self.checks if check in _OF_EACH and check not in self.skipped]
        open_revisions = {revision for check in each for revision in self.unanswered(check)}
        count = len(self._each)
        for number, revision in enumerate(self._each, 1):
            if revision in open_revisions:
                done = count - len(open_revisions)  # processes side by side have done some further on
                beyond = f", {done} done" if done != number - 1 else ""
                return f"at revision {number} of {count} ({revision}){beyond}"
        for check in self.checks:
            if self.revisions and self.unanswered(check) and check not in self.skipped:
                return f"in the check {check}, after {count} of {count} revisions"
        return "after all checks" if self.revisions else "before the first revision"

    def _started(self, postgres: str, server: str) -> None:
        self.postgres, self.server = postgres, server

    def _remarked(self, note: Finding) -> None:
        self.remarks = (*self.remarks, note)

    def _begun(
        self,
        about: Mapping[str, object],
        revisions: tuple[str, ...],
        beside: tuple[Allowance, ...],
        remarks: tuple[Finding, ...],
        scope: Scope | None,
    ) -> None:
        self.scope = scope
        self.about, self.revisions, self.beside, self.remarks = about, revisions, beside, remarks
        for kept in (self.findings, self.skipped, self.asked, self.answers, self.faults):
            kept.clear()
        self.recalled = None
        self.obstacles.clear()
        self.spells.clear()

    def _found(self, check: str, findings: tuple[Finding, ...], spell: Spell, revision: str | None) -> None:
        for finding in findings:
            self.findings.setdefault(finding.check if finding.check in self.checks else check, []).append(finding)
        self.spells.append(spell)
        self.asked.setdefault(check, set()).add(revision)
        self.answers[check, revision] = findings

    def _remembered(self, recalled: Recalled) -> None:
        self.recalled = recalled

    def _spent(self, spell: Spell) -> None:
        self.spells.append(spell)

    def _shared(self, spell: Spell) -> None:
        self.spells.append(spell)

    def _forgotten(self, checks: tuple[str, ...]) -> None:
        for check in checks:
            self.findings.pop(check, None)
            self.asked.pop(check, None)

    def _left_out(self, checks: tuple[str, ...], reason: str) -> None:
        self.skipped |= dict.fromkeys(checks, reason)

    def _failed(self, obstacle: Obstacle) -> None:
        self.obstacles.append(obstacle)

    def _counted(self, who: str, faults: Tally) -> None:
        self.faults[who] = faults
