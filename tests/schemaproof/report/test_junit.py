"""The report that CI reads."""

import dataclasses
from collections.abc import Mapping
from xml.etree import ElementTree as ET

import pytest

from schemaproof.finding import FailOn, Finding, Severity
from schemaproof.report.junit import render
from schemaproof.report.outcome import Obstacle, Report, Scope
from tests.schemaproof.report.hostile import a_hostile_report
from tests.schemaproof.report.reports import a_finding, a_report


def cases(
    *findings: Finding, allowed: tuple[tuple[Finding, str], ...] = (), skipped: Mapping[str, str] | None = None
) -> dict[str, ET.Element]:
    """The test cases of a report, by name."""
    root = parsed(a_report(*findings, allowed=allowed, skipped=skipped))
    return {str(case.get("name")): case for case in root.iter("testcase")}


def parsed(report: Report) -> ET.Element:
    """The root element of what is made of ``report``."""
    return ET.fromstring(render(report).encode())  # noqa: S314 (our own)


def kinds(case: ET.Element) -> list[str]:
    """What is inside a test case."""
    return [element.tag for element in case]


def test_junit_has_a_passed_case_for_each_check_that_found_nothing() -> None:
    found = cases()
    assert list(found) == ["single-head", "downgrade-restores"]
    assert [kinds(case) for case in found.values()] == [[], []]


def test_junit_has_a_case_for_each_revision_of_a_check_with_findings() -> None:
    found = cases(a_finding(revision="0001"), a_finding(revision="0001"), a_finding(revision=None))
    assert list(found) == ["single-head", "downgrade-restores[0001]", "downgrade-restores"]
    assert found["downgrade-restores[0001]"].get("classname") == "schemaproof.downgrade"


@pytest.mark.parametrize("severity", [Severity.ERROR, Severity.WARNING])
def test_junit_calls_errors_and_warnings_failures(severity: Severity) -> None:
    failure = cases(a_finding(severity=severity))["downgrade-restores[0003]"].find("failure")
    assert failure is not None
    assert failure.get("type") == severity.value
    assert failure.get("message") == "type public.color: The downgrade leaves it behind."
    assert "= remedy: Drop the type." in (failure.text or "")


def test_junit_books_what_checks_share_on_a_case_of_its_own() -> None:
    root = parsed(dataclasses.replace(a_report(), walk_seconds=1.5))
    (case,) = root.iterfind(".//testcase[@name='walk']")
    assert (case.get("classname"), case.get("time"), kinds(case)) == ("schemaproof.run", "1.500", [])
    assert root.get("tests") == "3"


def test_junit_says_which_revisions_were_asked_about_and_which_not() -> None:
    report = dataclasses.replace(a_report(), scope=Scope(("0003",), "new since main", ("env.py was edited",)))
    told = {one.get("name"): one.get("value") for one in parsed(report).iter("property")}
    assert (told["asked"], told["asked-why"], told["left-out"]) == ("0003", "new since main", "0001, 0002")
    assert told["asked-remarks"] == "env.py was edited"


def test_junit_calls_a_warning_no_failure_where_only_errors_count() -> None:
    report = dataclasses.replace(a_report(a_finding(severity=Severity.WARNING)), fail_on=FailOn.ERROR)
    case = parsed(report).find(".//testcase[@name='downgrade-restores[0003]']")
    assert case is not None
    assert kinds(case) == ["system-out"]
    assert "warning[downgrade-restores]" in (case[0].text or "")


def test_junit_says_all_failures_of_a_case_in_one_the_worst_first() -> None:
    case = cases(a_finding("A hazard.", severity=Severity.WARNING), a_finding("A defect.", object=None))[
        "downgrade-restores[0003]"
    ]
    (failure,) = case
    assert (failure.get("message"), failure.get("type")) == ("A defect. (and 1 more)", "error")
    assert "A hazard." in (failure.text or "")


def test_junit_passes_a_case_with_notes_which_go_to_its_output() -> None:
    (output,) = cases(a_finding(severity=Severity.NOTE))["downgrade-restores[0003]"]
    assert output.tag == "system-out"
    assert (output.text or "").startswith("note[downgrade-restores] type public.color: The downgrade")


def test_junit_skips_what_is_allowed_with_the_reason() -> None:
    allowed = ((a_finding(), "Old rows."), (a_finding("Other.", object=None), "Old rows."))
    case = cases(allowed=allowed)["downgrade-restores[0003]"]
    assert kinds(case) == ["skipped", "system-out"]
    assert case[0].get("message") == "Old rows."
    assert (case[1].text or "").splitlines() == [
        "allowed (Old rows.): type public.color: The downgrade leaves it behind.",
        "allowed (Old rows.): Other.",
    ]


def test_junit_fails_a_case_where_something_else_is_allowed() -> None:
    case = cases(a_finding(), allowed=((a_finding(object="type b"), "Old rows."),))["downgrade-restores[0003]"]
    assert kinds(case) == ["failure", "system-out"]


def test_junit_counts_and_times_its_cases() -> None:
    allowed = tuple((a_finding(revision=revision), "So.") for revision in ("0002", "0003"))
    root = parsed(a_report(a_finding(revision="0001"), a_finding(), allowed=allowed))
    expected = {"tests": "4", "failures": "2", "errors": "0", "skipped": "1", "time": "3.140", "name": "schemaproof"}
    assert (root.tag, root.attrib, root[0].tag, root[0].attrib) == ("testsuites", expected, "testsuite", expected)
    assert [case.get("time") for case in root.iter("testcase")] == ["1.000", "0.333", "0.333", "0.333"]


def test_junit_replaces_the_characters_that_xml_forbids() -> None:
    finding = a_finding("a\x00\ud800\x1b[31mb\x1b[0m\ufffe", object=None, evidence="<&]]>\x0b")
    failure = parsed(a_report(finding)).find(".//failure")
    assert failure is not None
    assert failure.get("message") == "a\ufffd\ufffdb\ufffd"
    assert "| <&]]>\ufffd" in (failure.text or "")


def test_junit_names_the_encoding_that_it_is_written_in() -> None:
    assert render(a_report()).splitlines()[0] == "<?xml version='1.0' encoding='utf-8'?>"


def test_junit_skips_a_check_that_did_not_run() -> None:
    case = cases(skipped={"single-head": "revision 0003 fails"})["single-head"]
    assert kinds(case) == ["skipped"]
    assert case[0].get("message") == "not run: revision 0003 fails"


def test_junit_has_a_skipped_case_beside_the_failures_of_a_check_that_did_not_run_on_all_revisions() -> None:
    found = cases(a_finding(), skipped={"downgrade-restores": "revision 0003 fails"})
    assert {name: kinds(case) for name, case in found.items()} == {
        "single-head": [],
        "downgrade-restores[0003]": ["failure"],
        "downgrade-restores": ["skipped"],
    }


def test_junit_has_an_error_for_what_kept_a_check_from_running() -> None:
    obstacle = Obstacle(
        "defect", "schemaproof failed: \x1b[1mx", "Traceback", "Report it.", "downgrade-restores", "0002"
    )
    skipped = {"downgrade-restores": obstacle.cause}
    root = parsed(a_report(skipped=skipped, not_asked=("0002",), obstacles=(obstacle,)))
    assert (root.get("tests"), root.get("errors"), root.get("skipped")) == ("3", "1", "1")
    found = {str(case.get("name")): case for case in root.iter("testcase")}
    (skip,) = found["downgrade-restores"]
    assert skip.get("message") == "not run on 0002: schemaproof failed: x"
    (error,) = found["downgrade-restores of 0002"]
    assert (error.get("message"), error.get("type")) == ("schemaproof failed: x", "defect")
    assert error.text == "Traceback\nRemedy: Report it."


def test_junit_names_the_end_of_a_run_that_was_cut_short() -> None:
    root = parsed(a_report(obstacles=(Obstacle("interrupted", "interrupted by SIGTERM at revision 1 of 3 (0001)"),)))
    (error,) = root.iterfind(".//testcase[@name='verification']/error")
    assert error.get("message") == "interrupted by SIGTERM at revision 1 of 3 (0001)"


def test_junit_of_hostile_texts_is_xml_without_control_characters() -> None:
    text = render(a_hostile_report())
    root = parsed(a_hostile_report())
    assert {element.tag for element in root.iter()} <= {
        *("testsuites", "testsuite", "testcase", "properties", "property", "failure", "error", "system-out"),
    }
    assert not [one for one in text if not one.isprintable() and one not in "\n\ufffd"]
    assert "<script>alert(1)</script>" in "".join(root.itertext())
