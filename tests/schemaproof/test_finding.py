"""Findings that say the same of one object are one."""

from dataclasses import replace

from schemaproof.finding import Finding, Severity, together

FINDING = Finding("c", "a", Severity.ERROR, "0001", "table t", "It is left.", "Then?", "x: was 1, is 2", "Drop it.")


def test_findings_of_one_object_are_one_with_the_evidence_of_all() -> None:
    other = replace(FINDING, evidence="y: was 1, is 2")

    assert together([FINDING, other, FINDING]) == (replace(FINDING, evidence="x: was 1, is 2\ny: was 1, is 2"),)


def test_findings_of_two_objects_stay_two() -> None:
    other = replace(FINDING, object="table u")

    assert together([FINDING, other]) == (FINDING, other)


def test_findings_of_no_object_stay_apart() -> None:
    one = replace(FINDING, object=None)

    assert together([one, one]) == (one, one)


def test_error_and_note_of_one_object_stay_two() -> None:
    note = replace(FINDING, severity=Severity.NOTE)

    assert together([FINDING, note]) == (FINDING, note)
