"""The pytest items: one for each case of the plan, red if its check found something that is not allowed."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from schemaproof.errors import ProofError
from schemaproof.finding import FailOn, Finding
from schemaproof.postgres import Server
from schemaproof.project.severities import regraded
from schemaproof.project.subject import Subject
from schemaproof.report.characters import readable, readable_finding
from schemaproof.report.text import render_findings
from schemaproof.run.items.examiner import Answer
from schemaproof.run.items.interview import Question
from schemaproof.run.items.plan import Case, Plan
from schemaproof.run.items.process import Assistant, EndedError
from schemaproof.testing import Checks


class CheckItem(pytest.Function):
    """One check as an item; ``-k`` finds it by its check, area, keywords and revision."""

    case: Case

    @classmethod
    def of(cls, parent: Any, name: str, case: Case) -> "CheckItem":
        """The item of ``case``, under the ``name`` that the test module gave to its kind."""

        def ask(
            request: pytest.FixtureRequest, schemaproof_examination: "Examination", schemaproof_subject: Subject
        ) -> None:
            answer = schemaproof_examination.ask(schemaproof_subject, case)
            _judge(request.node, case, answer, schemaproof_examination.fail_on)

        self: CheckItem = cls.from_parent(parent, name=f"{name}[{case.id}]", callobj=ask)
        self.case = case
        self.extra_keyword_matches.update((case.check.area, *case.check.keywords))
        return self

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        """Where it is for the user: in the module that asked for it."""
        return self.path, None, self.name


def make(parent: Any, name: str, checks: Checks, plan: Plan) -> list[CheckItem]:
    """The items of ``checks``, which the test module of ``parent`` imported as ``name``."""
    return [CheckItem.of(parent, name, case) for case in plan.cases(each=checks.each)]


def sort(items: list[pytest.Item]) -> None:
    """Put the checks of each module in the order in which they share their work; the places they take are kept.

    Whoever shuffles the others loses nothing: no answer depends on the order, but the time that it takes does.
    """
    places: dict[Any, list[int]] = {}
    for place, item in enumerate(items):
        if isinstance(item, CheckItem):
            places.setdefault(item.parent, []).append(place)
    for taken in places.values():
        ordered = sorted((items[place] for place in taken), key=_place)
        for place, item in zip(taken, ordered, strict=True):
            items[place] = item


def _place(item: pytest.Item) -> tuple[int, int, int]:
    assert isinstance(item, CheckItem)  # noqa: S101 (for the type)
    return item.case.place


# How often a process is started for one subject: each may have to climb to where the last one died.
_LIVES = 3


class Examination:
    """The processes that run the checks, one for each subject, each started when it is first needed.

    One that dies is started again for the remaining checks, up to a limit.
    """

    def __init__(self, server: Server, plan: Plan) -> None:
        self._server = server
        self._plan = plan
        self._assistants: list[tuple[Subject, Assistant]] = []
        self._deaths: list[tuple[Subject, str | None, EndedError]] = []  # with the revision that was asked about

    def ask(self, subject: Subject, case: Case) -> Answer:
        """What the case's check finds in ``subject``, graded as the team wants; fails the test if it can't run."""
        error = self._known_death(subject, case)
        if error is None:
            try:
                answer = self._assistant(subject).answer(Question(case.check.id, case.revision))
                return self._judged(answer)
            except EndedError as end:
                self._bury(subject, case, end)
                error = end
            except ProofError as refusal:
                error = refusal
        pytest.fail(readable(str(error)), pytrace=False)

    def _judged(self, answer: Answer) -> Answer:
        """``answer``, graded as the team wants, and what its baseline has among what is allowed."""
        settings = self._plan.settings
        found = regraded(answer.findings, settings.grades if settings else ())
        if settings is None or settings.baseline is None:
            return replace(answer, findings=tuple(found))
        new, known = settings.baseline.divide(found)
        reasons = [(one, settings.baseline.reason(one)) for one in known]
        return replace(answer, findings=tuple(new), allowed=(*answer.allowed, *reasons))

    @property
    def fail_on(self) -> FailOn:
        """What makes an item fail."""
        return self._plan.settings.fail_on if self._plan.settings else FailOn.WARNING

    def _known_death(self, subject: Subject, case: Case) -> ProofError | None:
        """Why the process would only die again; None if it may not."""
        deaths = [(revision, error) for known, revision, error in self._deaths if known == subject]
        for revision, error in deaths:
            if revision is not None and revision == case.revision:
                return error
        return deaths[-1][1] if len(deaths) >= _LIVES else None

    def _bury(self, subject: Subject, case: Case, error: EndedError) -> None:
        self._deaths.append((subject, case.revision, error))
        for dead in [one for known, one in self._assistants if known == subject]:
            dead.close()
        self._assistants = [pair for pair in self._assistants if pair[0] != subject]

    def _assistant(self, subject: Subject) -> Assistant:
        for known, assistant in self._assistants:
            if known == subject:
                return assistant
        assistant = Assistant()
        self._assistants.append((subject, assistant))
        allowances = self._plan.settings.allowances if self._plan.settings else ()
        checks = [check.id for check in self._plan.checks]
        assistant.examine(subject, self._server, checks, allowances, self._plan.revisions)
        return assistant

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for _, assistant in self._assistants:
            assistant.close()


def subject_at(project: Path) -> Subject:
    """The subject of the settings in the folder ``project``; fails the test if they are wrong."""
    from schemaproof.project.settings import Settings
    from schemaproof.proofs.registry import BY_AREA
    from schemaproof.run.items.plan import KNOWN

    try:
        return Settings.read(project, {}, known=KNOWN, areas=BY_AREA).subject
    except ProofError as error:
        told = str(error)
    pytest.fail(told, pytrace=False)


def _judge(item: pytest.Item, case: Case, answer: Answer, fail_on: FailOn) -> None:
    failing = fail_on is not FailOn.NEVER
    faults = [finding for finding in answer.findings if failing and fail_on.counts(finding.severity)]
    notes = [finding for finding in answer.findings if finding not in faults]
    for name, told in (("notes", _told(notes, case)), ("allowed", "\n".join(_allowed(answer)))):
        if told:
            item.add_report_section("call", name, told)
            item.user_properties.append((name, told))
    if faults:
        pytest.fail(_told(faults, case), pytrace=False)
    if answer.obstacle is not None:
        pytest.fail(readable(str(answer.obstacle)), pytrace=False)
    if answer.skipped:
        pytest.skip(f"not run: {answer.skipped}")


def _told(findings: Sequence[Finding], case: Case) -> str:
    """The findings as the command line prints them; the item's name has said which revision it is about."""
    of: dict[str | None, list[Finding]] = {}
    for finding in map(readable_finding, findings):
        of.setdefault(finding.revision, []).append(finding)
    return "\n".join(_block(revision, found, case) for revision, found in of.items())


def _block(revision: str | None, findings: Sequence[Finding], case: Case) -> str:
    told = render_findings(findings)
    return told if revision == case.revision else f"{told}\n  = revision: {revision}"


def _allowed(answer: Answer) -> Iterator[str]:
    for raw, reason in answer.allowed:
        finding = readable_finding(raw)
        about = f"{finding.object}: " if finding.object else ""
        yield f"{about}{finding.message} ({readable(reason)})"
