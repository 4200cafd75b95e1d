"""One defect is found by each check whose title forbids it, and told once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from schemaproof.finding import Cause, Finding, Severity
from schemaproof.postgres import Server
from schemaproof.project.allowances import Allowance, split
from schemaproof.project.subject import SubjectError
from schemaproof.proofs.registry import CHECKS
from schemaproof.report.causes import told_once
from schemaproof.run.items.examiner import Examiner
from schemaproof.run.items.interview import Question
from schemaproof.run.judging import report
from schemaproof.run.record import Record
from schemaproof.run.verify import examine
from tests.schemaproof.projects import Step, make_project, table
from tests.schemaproof.run.test_verify import Recorder, keys, verified
from tests.schemaproof.shared import shared

ALL = [check.id for check in CHECKS]
MISSING, RUNS = "downgrade-missing", "downgrade-runs"
RESTORES, AGAIN, TO_BASE = "downgrade-restores", "upgrade-after-downgrade", "downgrade-to-base"


def a_finding(
    check: str,
    *causes: Cause,
    revision: str | None = "0002",
    object: str | None = None,  # noqa: A002 (the vocabulary's word)
    severity: Severity = Severity.ERROR,
) -> Finding:
    return Finding(check, "area", severity, revision, object, "message", "", "", "", causes)


def told(*findings: Finding) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.check, one.also_found_by) for one in told_once(findings)]


def test_finding_is_left_out_where_its_cause_is_told() -> None:
    assert told(a_finding("b", Cause("a", "0002")), a_finding("a")) == [("a", ("b",))]


def test_finding_stays_where_nobody_tells_its_cause() -> None:
    assert told(a_finding("b", Cause("a", "0002"))) == [("b", ())]


@pytest.mark.parametrize("other", [a_finding("a", revision="0003"), a_finding("a", object="table public.u")])
def test_finding_stays_beside_one_that_is_about_something_else(other: Finding) -> None:
    assert told(a_finding("b", Cause("a", "0002", "table public.t")), other) == [("b", ()), ("a", ())]


def test_note_does_not_tell_the_cause_of_an_error() -> None:
    assert told(a_finding("b", Cause("a")), a_finding("a", severity=Severity.NOTE)) == [("b", ()), ("a", ())]


def test_cause_of_a_cause_names_all_that_found_it() -> None:
    chain = [a_finding("c", Cause("b")), a_finding("b", Cause("a")), a_finding("a")]
    assert told(*chain) == [("a", ("c", "b"))]


def test_findings_that_name_each_other_both_stay() -> None:
    assert told(a_finding("a", Cause("b")), a_finding("b", Cause("a"))) == [("a", ()), ("b", ())]


@pytest.mark.parametrize(
    ("allowance", "accepted"),
    [
        (Allowance("a", "why"), True),
        (Allowance("a", "why", revision="0002"), True),
        (Allowance("a", "why", revision="0003"), False),
        (Allowance("a", "why", object="type public.*"), True),
        (Allowance("a", "why", object="table public.*"), False),
        (Allowance("c", "why"), False),
    ],
)
def test_allowance_of_the_cause_covers_what_follows_from_it(allowance: Allowance, *, accepted: bool) -> None:
    found = split([a_finding("b", Cause("a", "0002", "type public.mood"))], [allowance])
    assert (bool(found.allowed), bool(found.unused)) == (accepted, not accepted)


def test_allowance_of_one_of_two_causes_covers_nothing() -> None:
    both = a_finding("b", Cause("a", "0002", "table public.t"), Cause("a", "0002", "table public.u"))
    assert split([both], [Allowance("a", "why", object="table public.t")]).allowed == []


# What upgrades cleanly, but for one defect, by the check that tells its cause and those that find it too.
EMPTY = [table("t"), Step("CREATE TYPE mood AS ENUM ('sad')", "SELECT 1"), table("u")]
LEAVES = [table("t"), Step("ALTER TABLE t ADD a int, ADD b int", "ALTER TABLE t DROP a"), table("u")]
FAILS = [table("t"), Step("ALTER TABLE t ADD a int", "ALTER TABLE t DROP nothing"), table("u")]
LEFT_BY = {
    "empty": (EMPTY, (MISSING, "0002", None), [RESTORES, AGAIN, TO_BASE]),
    "leaves": (LEAVES, (RESTORES, "0002", "column public.t.b"), [AGAIN]),
    "fails": (FAILS, (RUNS, "0002", None), [RESTORES, AGAIN, TO_BASE]),
}
EACH = [(name, check) for name, (_, cause, others) in LEFT_BY.items() for check in [cause[0], *others]]


# What all checks that inject no failures are asked together.
ASKED = [check for check in CHECKS if check.area != "failure"]


@dataclass(frozen=True)
class Heard:
    """What a verification by ``ASKED`` told its record."""

    events: Sequence[tuple[str, tuple[Any, ...]]]

    def of(self, *checks: str) -> Record:
        """The record of a verification by these ``checks`` alone: none finds something else in company."""
        record = Record(checks)
        for kind, said in self.events:
            if kind != "found" or said[0] in checks:
                record.hear(kind, said)
        return record

    def of_all(self, *, but: str = "") -> Record:
        """As ``of``, by all checks ``but`` one."""
        return self.of(*(check.id for check in ASKED if check.id != but))


type HeardOf = Callable[[str], Heard]


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory, postgres_server: Server) -> HeardOf:
    """What is found in each; a verification by so many checks takes seconds, so it is made once in a run."""

    def listened(name: str) -> Heard:
        events: list[tuple[str, tuple[Any, ...]]] = []
        record = Record(tuple(check.id for check in ASKED), listener=lambda *event: events.append(event))
        subject = make_project(tmp_path_factory.mktemp(name), LEFT_BY[name][0])
        examine(subject, postgres_server, checks=ASKED, progress=Recorder(), record=record)
        return Heard(events)

    return cache(lambda name: shared(tmp_path_factory, f"causes-{name}", lambda: listened(name)))


@pytest.mark.parametrize("name", LEFT_BY)
def test_defect_is_told_once_by_its_cause(heard: HeardOf, name: str) -> None:
    _, (check, revision, about), others = LEFT_BY[name]
    (found,) = (one for one in report(heard(name).of_all(), (), 0.0).findings if one.faulty)
    assert (found.check, found.revision, found.object) == (check, revision, about)
    assert set(found.also_found_by) == set(others)


@pytest.mark.parametrize(("name", "check"), EACH)
def test_check_by_itself_is_red_on_what_its_title_forbids(heard: HeardOf, name: str, check: str) -> None:
    said = report(heard(name).of(check), (), 0.0)
    assert {one.check for one in said.findings if one.faulty} == {check}


@pytest.mark.parametrize(("name", "check"), [("empty", RESTORES), ("leaves", AGAIN), ("fails", TO_BASE)])
def test_check_finds_by_itself_what_it_finds_in_company(
    tmp_path: Path, postgres_server: Server, heard: HeardOf, name: str, check: str
) -> None:
    said = verified(make_project(tmp_path, LEFT_BY[name][0]), postgres_server, check)
    assert keys(said) == keys(report(heard(name).of(check), (), 0.0))
    assert said.verdict == "faulty"


@pytest.mark.parametrize("name", LEFT_BY)
def test_what_follows_is_told_where_the_cause_is_ignored(heard: HeardOf, name: str) -> None:
    _, (cause, *_), others = LEFT_BY[name]
    said = report(heard(name).of_all(but=cause), (), 0.0)
    assert said.verdict == "faulty"
    assert {one.check for one in said.findings if one.faulty} <= set(others)


@pytest.mark.parametrize("name", LEFT_BY)
def test_allowed_cause_is_not_told_under_another_name(heard: HeardOf, name: str) -> None:
    _, (check, revision, about), _ = LEFT_BY[name]
    allowances = [Allowance(check, "We never roll back.", revision=revision, object=about)]
    said = report(heard(name).of_all(), allowances, 0.0)
    assert said.verdict == "sound"
    assert [(one.check, reason) for one, reason in said.allowed] == [(check, "We never roll back.")]


@pytest.mark.parametrize("name", LEFT_BY)
def test_every_item_is_red_before_its_cause_was_asked(tmp_path: Path, own_server: Server, name: str) -> None:
    steps, cause, others = LEFT_BY[name]
    revisions = [f"{number:04}" for number in range(1, len(steps) + 1)]
    asked = Examiner(make_project(tmp_path, steps), own_server, ALL, (), revisions)
    try:
        for check in [*reversed(others), cause[0]]:
            question = Question(check, None if check == TO_BASE else cause[1])
            assert any(one.faulty for one in asked.answer(question).findings), check
    finally:
        asked.close()


@pytest.mark.parametrize("check", ["downgrade-runs", "upgrade-again", "offline-script", "upgrade-in-one-call"])
def test_check_that_cannot_be_asked_says_why_and_is_not_sound(
    tmp_path: Path, postgres_server: Server, check: str
) -> None:
    subject = make_project(tmp_path, [table("t"), Step("SELECT x"), table("u")])
    with pytest.raises(SubjectError, match=r"upgrade to 0002 fails[\s\S]*column \"x\" does not exist"):
        verified(subject, postgres_server, check)


@pytest.mark.parametrize("asked", [["single-head"], ["revision-import", "downgrade-runs"], ["upgrade-from-empty"]])
def test_nothing_is_sound_of_revisions_that_do_not_hang_together(
    tmp_path: Path, postgres_server: Server, asked: Sequence[str]
) -> None:
    subject = make_project(tmp_path, [table("t"), table("u")])
    (tmp_path / "migrations" / "versions" / "0001.py").unlink()
    with pytest.raises(SubjectError, match="0001"):
        verified(subject, postgres_server, *asked)
