"""The report that programs read."""

import dataclasses
import json
from importlib.metadata import version

from schemaproof.finding import FailOn, Place, Severity
from schemaproof.project.baseline import Entry
from schemaproof.project.severities import Grade, Regraded
from schemaproof.report.json import render
from schemaproof.report.outcome import Known, Obstacle, Recalled, Scope
from tests.schemaproof.report.reports import a_finding, a_report

FINDING: dict[str, object] = {
    "check": "downgrade-restores",
    "area": "downgrade",
    "severity": "error",
    "revision": "0003",
    "object": "type public.color",
    "message": "The downgrade leaves it behind.",
    "consequence": "A rollback fails.",
    "evidence": "",
    "remedy": "Drop the type.",
    "also_found_by": [],
    "file": None,
    "line": None,
    "grids": [],
    "links": [],
    "kind": "",
    "fingerprint": "96de130afc0e9be5",
    "page": "docs/checks/downgrade-restores.md",
}


def test_json_is_version_1_of_the_documented_object() -> None:
    assert json.loads(render(a_report(a_finding()))) == {
        "version": 1,
        "tool": {"name": "schemaproof", "version": version("schemaproof")},
        "subject": {"project": "/p", "metadata": None},
        "postgres": "17.11",
        "server": "",
        "verdict": "faulty",
        "seconds": 3.14,
        "walk_seconds": 0.0,
        "checks": [
            {"id": "single-head", "area": "history", "seconds": 1.0, "findings": 0, "skipped": "", "not_asked": []},
            {
                "id": "downgrade-restores",
                "area": "downgrade",
                "seconds": 1.0,
                "findings": 1,
                "skipped": "",
                "not_asked": [],
            },
        ],
        "findings": [{**FINDING, "baseline": False}],
        "faults": {"injected": 0, "survived": 0, "seconds": 0.0, "tables_without_rows": {}},
        "obstacles": [],
        "scope": None,
        "baseline": None,
        "recalled": None,
        "fail_on": "warning",
        "severities": [],
        "allowed": [],
        "part": None,
    }


def test_json_says_which_revisions_were_asked_about_and_which_not() -> None:
    report = dataclasses.replace(a_report(), scope=Scope(("0003",), "new since main", ("env.py was edited",)))
    assert json.loads(render(report))["scope"] == {
        "asked": ["0003"],
        "why": "new since main",
        "left_out": ["0001", "0002"],
        "remarks": ["env.py was edited"],
    }


def test_json_says_what_was_known_before() -> None:
    report = dataclasses.replace(
        a_report(), recalled=Recalled(("0001", "0002"), ("nothing was kept",), ("lock-unbounded",))
    )
    assert json.loads(render(report))["recalled"] == {
        "revisions": ["0001", "0002"],
        "remarks": ["nothing was kept"],
        "checks": ["lock-unbounded"],
    }


def test_json_says_what_the_teams_severities_changed() -> None:
    grade = Grade("downgrade-restores", Severity.NOTE, "Old.")
    report = dataclasses.replace(a_report(), regraded=(Regraded(grade, {Severity.ERROR: 2}),))
    expected = {"check": "downgrade-restores", "severity": "note", "reason": "Old.", "changed": {"error": 2}}
    assert json.loads(render(report))["severities"] == [expected]


def test_json_is_sound_where_only_errors_count_and_there_is_a_warning() -> None:
    report = dataclasses.replace(a_report(a_finding(severity=Severity.WARNING)), fail_on=FailOn.ERROR)
    document = json.loads(render(report))
    assert (document["verdict"], document["fail_on"]) == ("sound", "error")


def test_json_gives_what_is_allowed_with_its_reason() -> None:
    document = json.loads(render(a_report(allowed=((a_finding(), "Old rows."),))))
    assert document["verdict"] == "sound"
    assert document["allowed"] == [{**FINDING, "reason": "Old rows."}]


def test_json_says_which_findings_are_in_the_baseline_and_what_is_fixed() -> None:
    old = a_finding(revision="0001")
    known = Known(((old, "Old rows."),), (Entry.of(a_finding(revision="0002")),))
    document = json.loads(render(dataclasses.replace(a_report(a_finding()), known=known)))
    assert [(one["revision"], one["baseline"], one.get("reason")) for one in document["findings"]] == [
        ("0003", False, None),
        ("0001", True, "Old rows."),
    ]
    assert document["baseline"]["known"] == 1
    assert [one["revision"] for one in document["baseline"]["fixed"]] == ["0002"]


def test_json_of_a_project_whose_findings_are_all_known_is_sound() -> None:
    report = dataclasses.replace(a_report(), known=Known(((a_finding(), "Old."),)))
    assert json.loads(render(report))["verdict"] == "sound"


def test_json_holds_any_character_of_a_subjects_output() -> None:
    evidence = "\x00\ud800é\x1b[0m"
    text = render(a_report(dataclasses.replace(a_finding(), evidence=evidence)))
    assert text.isascii()
    assert json.loads(text)["findings"][0]["evidence"] == evidence


def test_json_says_why_a_check_was_not_asked() -> None:
    document = json.loads(render(a_report(skipped={"single-head": "revision 0003 fails"})))
    assert document["checks"][0]["skipped"] == "revision 0003 fails"


def test_json_says_what_was_not_asked_and_what_kept_it() -> None:
    obstacle = Obstacle("interrupted", "interrupted at revision 2 of 3 (0002)")
    report = a_report(skipped={"downgrade-restores": "why"}, not_asked=("0002", "0003"), obstacles=(obstacle,))
    document = json.loads(render(report))
    assert document["verdict"] == "incomplete"
    assert document["checks"][1]["not_asked"] == ["0002", "0003"]
    assert document["obstacles"] == [
        {
            "kind": "interrupted",
            "cause": "interrupted at revision 2 of 3 (0002)",
            "evidence": "",
            "remedy": "",
            "check": None,
            "revision": None,
        }
    ]


def test_json_of_a_run_that_was_cut_short_is_faulty_where_something_was_found() -> None:
    report = a_report(a_finding(), obstacles=(Obstacle("interrupted", "interrupted"),))
    assert json.loads(render(report))["verdict"] == "faulty"


def test_json_says_where_a_finding_stands() -> None:
    found = dataclasses.replace(a_finding(), where=Place("migrations/versions/0003.py", 12))
    told = json.loads(render(a_report(found)))["findings"][0]

    assert (told["file"], told["line"]) == ("migrations/versions/0003.py", 12)
    assert told["fingerprint"] == a_finding().fingerprint
