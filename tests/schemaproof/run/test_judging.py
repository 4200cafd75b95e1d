"""From a record to its report."""

import pytest

from schemaproof.finding import Cause, FailOn, Severity
from schemaproof.project.allowances import Allowance
from schemaproof.project.baseline import Baseline, Entry
from schemaproof.project.severities import Grade
from schemaproof.project.unused import UNUSED_ALLOWANCE
from schemaproof.proofs.registry import CHECKS
from schemaproof.report.outcome import Known, Part, Report, Scope
from schemaproof.run.judging import report
from schemaproof.run.record import Record

(RESTORES,) = (check for check in CHECKS if check.id == "downgrade-restores")
(TO_BASE,) = (check for check in CHECKS if check.id == "downgrade-to-base")


def judged(*grades: Grade, fail_on: FailOn = FailOn.WARNING) -> Report:
    """The report of a downgrade that leaves something, and of `alembic downgrade base`, which leaves it therefore."""
    record = Record((RESTORES.id, TO_BASE.id))
    record.begin({}, ("0001",), (), ())
    record.add(RESTORES.id, [RESTORES.finding("Left.", revision="0001", object="type a")], 0.0, "0001")
    record.add(TO_BASE.id, [TO_BASE.finding("Left.", object="type a", causes=[Cause(RESTORES.id, "0001")])], 0.0)
    return report(record, (), 0.0, grades=grades, fail_on=fail_on)


def test_findings_of_a_check_go_upwards_whichever_process_was_the_first() -> None:
    record = Record((RESTORES.id,))
    record.begin({}, ("b", "a"), (), ())
    for revision, about in [("a", "type t"), ("b", "type u"), ("b", "type a")]:
        record.add(RESTORES.id, [RESTORES.finding("Left.", revision=revision, object=about)], 0.0, revision)
    told = [(one.revision, one.object) for one in report(record, (), 0.0).findings]
    assert told == [("b", "type u"), ("b", "type a"), ("a", "type t")]


def test_finding_that_counts_is_not_told_by_one_that_was_made_a_note() -> None:
    found = judged(Grade(RESTORES.id, Severity.NOTE, "Old."))
    assert [(one.check, one.severity) for one in found.findings] == [
        (RESTORES.id, Severity.NOTE),
        (TO_BASE.id, Severity.ERROR),
    ]
    assert found.verdict == "faulty"


def test_report_of_a_project_whose_checks_are_all_made_notes_is_sound_and_says_what_was_changed() -> None:
    grades = [Grade(check.id, Severity.NOTE, "Old.") for check in (RESTORES, TO_BASE)]
    found = judged(*grades)
    assert found.verdict == "sound"
    assert [(one.grade, one.counts) for one in found.regraded] == [(one, {Severity.ERROR: 1}) for one in grades]


def test_report_knows_what_makes_it_faulty() -> None:
    warnings = [Grade(check.id, Severity.WARNING, "Old.") for check in (RESTORES, TO_BASE)]
    assert [judged(*warnings, fail_on=one).verdict for one in FailOn] == ["sound", "faulty", "faulty"]


def entry(check: str, revision: str | None = None) -> Entry:
    return Entry("0" * 16, check, Severity.ERROR, revision)


def baselined(*entries: Entry, scope: Scope | None = None, skipped: bool = False) -> Known:
    """What is said of a baseline with a finding of the first revision, which is still there, and ``entries``."""
    record = Record((RESTORES.id, TO_BASE.id))
    record.begin({}, ("0001", "0002"), (), (), scope)
    found = RESTORES.finding("Left.", revision="0001")
    record.add(RESTORES.id, [found], 0.0, "0001")
    record.add(TO_BASE.id, [TO_BASE.finding("Left.", causes=[Cause(RESTORES.id, "0001")])], 0.0)
    if scope is None:
        record.add(RESTORES.id, [], 0.0, "0002")
    if skipped:
        record.skip([RESTORES.id], "why")
    said = report(record, (), 0.0, baseline=Baseline((Entry.of(found), *entries)))
    assert said.known is not None
    assert (said.findings, said.verdict) == ((), "sound")
    assert [(one.check, one.also_found_by) for one, _ in said.known.findings] == [(RESTORES.id, (TO_BASE.id,))]
    return said.known


def test_finding_of_the_baseline_and_what_comes_of_it_make_nothing_faulty() -> None:
    assert baselined().fixed == ()


@pytest.mark.parametrize(
    "gone", [entry(RESTORES.id, "0002"), entry(TO_BASE.id), entry(RESTORES.id, "0000"), entry("of-another-release")]
)
def test_entry_that_nothing_matches_is_fixed(gone: Entry) -> None:
    """Whether its check asked of it, or there is no such revision or check any more."""
    assert baselined(gone).fixed == (gone,)


def test_entry_of_a_check_that_did_not_run_is_not_known_to_be_fixed() -> None:
    assert baselined(entry("single-head"), entry("downgrade-runs", "0001")).fixed == ()
    assert baselined(entry(RESTORES.id, "0002"), skipped=True).fixed == ()


@pytest.mark.parametrize(
    ("one", "is_fixed"),
    [(entry(RESTORES.id, "0002"), False), (entry(RESTORES.id, "0001"), True), (entry(TO_BASE.id), True)],
)
def test_entry_of_a_revision_that_was_not_asked_about_is_not_known_to_be_fixed(one: Entry, is_fixed: bool) -> None:
    assert bool(baselined(one, scope=Scope(("0001",), "new")).fixed) is is_fixed


def test_part_leaves_it_to_the_whole_to_say_what_is_fixed() -> None:
    part = Part(1, 2, (RESTORES.id,), ("0001", "0002"), "", "", {})
    gone = entry(RESTORES.id, "0001")
    known = baselined(gone, scope=Scope(("0001",), "part", part=part))
    assert (known.fixed, known.unmatched) == ((), (gone,))


def test_allowance_that_matches_nothing_may_be_in_the_baseline() -> None:
    record = Record((RESTORES.id, UNUSED_ALLOWANCE.id))
    record.begin({}, ("0001",), (), ())
    record.add(RESTORES.id, [], 0.0, "0001")
    unused = [Allowance(RESTORES.id, "Old.")]
    (warning,) = report(record, unused, 0.0).findings
    assert report(record, unused, 0.0, baseline=Baseline((Entry.of(warning),))).verdict == "sound"


def test_allowed_finding_of_the_baseline_is_not_fixed() -> None:
    record = Record((RESTORES.id,))
    record.begin({}, ("0001",), (), ())
    found = RESTORES.finding("Left.", revision="0001")
    record.add(RESTORES.id, [found], 0.0, "0001")
    known = report(record, [Allowance(RESTORES.id, "Old.")], 0.0, baseline=Baseline((Entry.of(found),))).known
    assert known == Known()
