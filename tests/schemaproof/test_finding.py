"""Findings that say the same of one object are one."""

import ast
from dataclasses import replace
from pathlib import Path

import pytest

import schemaproof
from schemaproof.finding import Cause, Finding, Place, Severity, numbered, together

SOURCES = Path(schemaproof.__file__).parent
FINDING = Finding("c", "a", Severity.ERROR, "0001", "table t", "It is left.", "Then?", "x: was 1, is 2", "Drop it.")


def test_findings_of_one_object_are_one_with_the_evidence_of_all() -> None:
    other = replace(FINDING, evidence="y: was 1, is 2")

    assert together([FINDING, other, FINDING]) == (replace(FINDING, evidence="x: was 1, is 2\ny: was 1, is 2"),)


def test_findings_of_one_object_are_one_of_all_their_kinds_in_any_order() -> None:
    one, other = replace(FINDING, kind="type"), replace(FINDING, kind="default")

    assert [found.kind for found in together([one, other, one])] == ["default, type"]
    assert [found.kind for found in together([other, one])] == ["default, type"]


def test_findings_of_two_objects_stay_two() -> None:
    other = replace(FINDING, object="table u")

    assert together([FINDING, other]) == (FINDING, other)


def test_findings_of_no_object_stay_apart() -> None:
    one = replace(FINDING, object=None)

    assert together([one, one]) == (one, one)


def test_error_and_note_of_one_object_stay_two() -> None:
    note = replace(FINDING, severity=Severity.NOTE)

    assert together([FINDING, note]) == (FINDING, note)


def test_fingerprint_stays_whatever_a_later_release_says_of_it() -> None:
    one = replace(FINDING, where=Place("a.py", 3))
    later = replace(
        one,
        area="b",
        severity=Severity.NOTE,
        message="9 of 20 rows are left.",
        consequence="So?",
        evidence="z",
        remedy="Keep it.",
        causes=(Cause("d"),),
        also_found_by=("d",),
        where=Place("a.py", 30),
    )

    assert one.fingerprint == later.fingerprint
    assert len(one.fingerprint) == 16


@pytest.mark.parametrize("change", [{"check": "d"}, {"revision": "2"}, {"object": None}, {"kind": "type"}])
def test_fingerprint_tells_findings_apart(change: dict[str, str | None]) -> None:
    assert replace(FINDING, **change).fingerprint != FINDING.fingerprint  # type: ignore[arg-type]  # each fits its field


def test_equal_findings_are_numbered_in_their_order() -> None:
    found = numbered([FINDING, replace(FINDING, evidence="more"), replace(FINDING, object="table u")])

    assert [one.ordinal for one in found] == [0, 1, 0]
    assert len({one.fingerprint for one in found}) == 3
    assert numbered(found) == found


def kinds() -> dict[str, list[tuple[str, str | None]]]:
    """By the check's name in the code, each place that makes a finding of it, with the source of its kind."""
    found: dict[str, list[tuple[str, str | None]]] = {}
    for file in sorted(SOURCES.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "finding":
                given = {one.arg: ast.unparse(one.value) for one in node.keywords}
                name = ast.unparse(node.func.value)
                # A variable may be any check.
                key = name if name.isupper() else f"{name} in {file.name}"
                found.setdefault(key, []).append((f"{file.name}:{node.lineno}", given.get("kind")))
    return found


def test_what_a_check_finds_at_several_places_is_of_several_kinds() -> None:
    """Else two defects on one object had one fingerprint, or depended on words to be told apart."""
    found = kinds()
    assert len(found) > 40
    several = {check: places for check, places in found.items() if len(places) > 1 or not check.isupper()}
    assert not [place for places in several.values() for place, kind in places if kind is None]
    alike = {check: [kind for _, kind in places] for check, places in several.items()}
    assert not [check for check, given in alike.items() if len(set(given)) < len(given)]
