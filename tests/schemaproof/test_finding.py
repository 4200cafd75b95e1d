"""Findings that say the same of one object are one."""

from dataclasses import replace

import pytest

from schemaproof.finding import Finding, Place, Severity, numbered, together

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


def test_fingerprint_stays_while_counts_evidence_and_lines_change() -> None:
    one = replace(FINDING, message="12 of 1,024 rows are lost.", where=Place("a.py", 3))
    other = replace(one, message="9 of 20 rows are lost.", evidence="z", where=Place("a.py", 30), also_found_by=("d",))

    assert one.fingerprint == other.fingerprint
    assert len(one.fingerprint) == 16


@pytest.mark.parametrize("change", [{"check": "d"}, {"revision": "2"}, {"object": None}, {"message": "x1 of y2."}])
def test_fingerprint_tells_findings_apart(change: dict[str, str | None]) -> None:
    one = replace(FINDING, message="x1 of y1.")

    assert replace(one, **change).fingerprint != one.fingerprint  # type: ignore[arg-type]  # each fits its field


def test_equal_findings_are_numbered_in_their_order() -> None:
    found = numbered([FINDING, replace(FINDING, evidence="more"), replace(FINDING, object="table u")])

    assert [one.ordinal for one in found] == [0, 1, 0]
    assert len({one.fingerprint for one in found}) == 3
    assert numbered(found) == found
