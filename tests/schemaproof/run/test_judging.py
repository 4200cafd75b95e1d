"""From a record to its report."""

from schemaproof.finding import Cause, FailOn, Severity
from schemaproof.project.severities import Grade
from schemaproof.proofs.registry import CHECKS
from schemaproof.report.outcome import Report
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
