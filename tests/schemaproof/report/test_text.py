"""The report that people read."""

import dataclasses
import io
import re

import pytest

from schemaproof.finding import FailOn, Finding, Place, Severity
from schemaproof.project.severities import Grade, Regraded
from schemaproof.proofs.registry import CHECKS
from schemaproof.report.outcome import Obstacle, Part, Recalled, Scope
from schemaproof.report.style import Style
from schemaproof.report.text import Loudness, render, render_findings
from tests.schemaproof.report.histories import a_history
from tests.schemaproof.report.hostile import a_hostile_report
from tests.schemaproof.report.reports import a_finding, a_report


class Terminal(io.StringIO):
    """A stream that says it is one."""

    def isatty(self) -> bool:
        return True


def test_text_of_a_sound_project_is_its_verdict_alone() -> None:
    assert render(a_report()) == (
        "sound: 2 checks, 3 revisions, 0 errors, 0 warnings, 0 notes, in 3.1 s on PostgreSQL 17.11\n"
    )


def test_text_gives_each_finding_with_evidence_consequence_and_remedy_and_the_verdict_last() -> None:
    report = a_report(a_finding(evidence="DROP TABLE t\nERROR: no"))
    assert render(report) == (
        "revision 0003\n"
        "  error[downgrade-restores] type public.color: The downgrade leaves it behind.\n"
        "      | DROP TABLE t\n"
        "      | ERROR: no\n"
        "    = consequence: A rollback fails.\n"
        "    = remedy: Drop the type.\n"
        "\n"
        "faulty: 2 checks, 3 revisions, 1 error, 0 warnings, 0 notes, in 3.1 s on PostgreSQL 17.11\n"
    )


def test_text_says_which_revisions_were_asked_about_and_which_not() -> None:
    scope = Scope(("0003",), "new since main (merge base 1a2b3c4d5e)", ("env.py was edited",))
    assert render(dataclasses.replace(a_report(), scope=scope)) == (
        "left out\n"
        "  revisions asked one by one: 0003: new since main (merge base 1a2b3c4d5e)\n"
        "  not asked: 0001, 0002\n"
        "  env.py was edited\n"
        "\n"
        "sound: 2 checks, 1 of 3 revisions, 0 errors, 0 warnings, 0 notes, in 3.1 s on PostgreSQL 17.11\n"
    )


def test_text_says_what_was_known_before() -> None:
    recalled = Recalled(("0001", "0002"), ("nothing was kept in .schemaproof_cache: it is full",))
    assert render(dataclasses.replace(a_report(), recalled=recalled)).startswith(
        "known before\n"
        "  2 revisions and all that they depend on are as they were, so the findings of earlier runs hold (--no-cache"
        " asks again): 0001, 0002\n"
        "  nothing was kept in .schemaproof_cache: it is full\n"
        "\n"
    )


def test_text_says_which_checks_of_the_whole_were_answered_before() -> None:
    recalled = Recalled(("0001",), (), ("lock-unbounded", "upgrade-in-one-call"))
    text = render(dataclasses.replace(a_report(), recalled=recalled))
    told = "nothing has changed, so the answers of these checks hold too"
    assert f"\n  {told}: lock-unbounded, upgrade-in-one-call\n\n" in text


def test_text_of_a_long_run_says_what_took_the_longest() -> None:
    report = dataclasses.replace(a_report(), seconds=90.0, walk_seconds=40.4)
    assert "took the longest: what checks share (databases, stairways) 40 s, single-head 1 s, " in render(report)
    assert "took" not in render(dataclasses.replace(report, seconds=59.9))


def test_text_says_which_checks_are_left_to_other_parts() -> None:
    part = Part(1, 2, ("single-head", "downgrade-restores", "parity-catalog"), ("0001",), "", "d", {})
    report = dataclasses.replace(a_report(), scope=Scope(("0001",), "part 1 of 2", part=part))
    assert "\n  not asked: 0002, 0003\n  asked by other parts: parity-catalog\n" in render(report)


def test_text_says_that_no_revision_is_new() -> None:
    report = dataclasses.replace(a_report(), scope=Scope((), "new since main"))
    assert "\n  revisions asked one by one: none is new since main\n" in render(report)


def test_text_says_what_the_teams_severities_changed_and_why() -> None:
    grades = [Grade("downgrade-restores", Severity.NOTE, "Old."), Grade("single-head", Severity.NOTE, "Two.")]
    counts: list[dict[Severity, int]] = [{Severity.ERROR: 2, Severity.WARNING: 1}, {}]
    changed = tuple(map(Regraded, grades, counts))
    assert render(dataclasses.replace(a_report(), regraded=changed)).startswith(
        "severity changed\n"
        "  downgrade-restores: 2 errors and 1 warning made note: Old.\n"
        "  single-head: nothing made note: Two.\n"
    )


@pytest.mark.parametrize(
    ("fail_on", "begins", "ends"),
    [
        (FailOn.ERROR, "sound: ", " (warnings don't count: fail-on is error)\n"),
        (FailOn.NEVER, "faulty: ", " (findings don't change the exit status: fail-on is never)\n"),
    ],
)
def test_text_says_what_makes_the_run_fail_where_that_is_not_the_default(
    fail_on: FailOn, begins: str, ends: str
) -> None:
    report = dataclasses.replace(a_report(a_finding(severity=Severity.WARNING)), fail_on=fail_on)
    last = render(report).splitlines(keepends=True)[-1]
    assert last.startswith(begins)
    assert last.endswith(ends)


def test_text_says_the_consequence_and_remedy_that_findings_share_once() -> None:
    findings = [a_finding(object="type a"), a_finding("Other.", severity=Severity.NOTE), a_finding(object="type b")]
    assert render_findings(findings) == (
        "error[downgrade-restores] type a: The downgrade leaves it behind.\n"
        "error[downgrade-restores] type b: The downgrade leaves it behind.\n"
        "  = consequence: A rollback fails.\n"
        "  = remedy: Drop the type.\n"
        "note[downgrade-restores] type public.color: Other.\n"
        "  = remedy: Drop the type."
    )


def test_text_says_the_consequence_that_findings_with_remedies_of_their_own_share_once() -> None:
    findings = [dataclasses.replace(a_finding(object=f"type {one}"), remedy=f"Drop {one}.") for one in "ab"]
    assert render_findings(findings) == (
        "error[downgrade-restores] type a: The downgrade leaves it behind.\n"
        "  = consequence: A rollback fails.\n"
        "  = remedy: Drop a.\n"
        "error[downgrade-restores] type b: The downgrade leaves it behind.\n"
        "  = remedy: Drop b."
    )


def test_text_goes_by_the_history_and_ends_with_the_project() -> None:
    order = ["0002", "0009", None, "0001"]
    lines = render(a_report(*[a_finding(revision=revision) for revision in order])).splitlines()
    assert [line for line in lines if line.startswith(("project", "revision"))] == [
        "revision 0001",
        "revision 0002",
        "revision 0009",
        "project",
    ]


def test_text_puts_the_worst_first() -> None:
    findings = [a_finding(severity=severity) for severity in (Severity.NOTE, Severity.WARNING, Severity.ERROR)]
    lines = render_findings(findings).splitlines()
    assert [line.split("[")[0] for line in lines if "[" in line] == ["error", "warning", "note"]


def test_text_does_not_repeat_an_object_that_the_message_names() -> None:
    assert render_findings([a_finding("type public.color is left.")]).startswith(
        "error[downgrade-restores] type public.color is left.\n"
    )


def test_text_keeps_the_first_line_of_a_notes_evidence() -> None:
    evidence = "\n".join(["first", "second", "third"])
    text = render_findings([a_finding(severity=Severity.NOTE, evidence=evidence)])
    assert "    | first\n    | ... 2 more lines: --json FILE\n  = remedy" in text


def test_text_keeps_what_says_the_most_of_long_evidence() -> None:
    rows = "\n".join(f"row {number}" for number in range(40))
    evidence = f"when COMMIT fails\n{rows}\nIntegrityError: no\n[SQL: UPDATE t]\n  at versions/0003.py:9: op.execute("
    text = render(a_report(a_finding(evidence=evidence)))
    shown = [line.split("| ")[1] for line in text.splitlines() if "| " in line]
    assert shown == [
        "when COMMIT fails",
        *(f"row {number}" for number in range(8)),
        "IntegrityError: no",
        "[SQL: UPDATE t]",
        "  at versions/0003.py:9: op.execute(",
        "... 32 more lines: -v or --json FILE",
    ]


def test_text_keeps_the_end_of_a_traceback() -> None:
    frames = "\n".join(f"  frame {number}" for number in range(40))
    text = render(a_report(a_finding(evidence=f"Traceback (most recent call last):\n{frames}\nKeyError: 1")))
    assert "|   frame 39\n      | KeyError: 1\n      | ... 30 more lines: -v or --json FILE\n" in text
    assert "frame 28" not in text


def test_text_leaves_out_no_single_line() -> None:
    assert "more lines" not in render(a_report(a_finding(evidence="\n".join("x" * 13))))
    assert "more lines" in render(a_report(a_finding(evidence="\n".join("x" * 14))))


def test_text_that_is_verbose_has_all_evidence_and_every_note_in_full() -> None:
    evidence = "\n".join(f"row {number}" for number in range(100))
    findings = [a_finding(severity=severity, evidence=evidence) for severity in (Severity.NOTE, Severity.ERROR)]
    text = render(a_report(*findings), loudness=Loudness.ALL)
    assert text.count("| row ") == 200
    assert text.count("= remedy: Drop the type.") == 2
    assert "more lines" not in text


def test_text_that_is_quiet_has_the_summary_and_the_errors() -> None:
    severities = [Severity.NOTE, Severity.WARNING, Severity.ERROR, *[Severity.WARNING] * 4]
    findings = [a_finding(f"{one}!", severity=one) for one in severities]
    allowed = ((a_finding(), "Old rows."),)
    text = render(a_report(*findings, allowed=allowed, obstacles=(INTERRUPTED,)), loudness=Loudness.ERRORS)
    assert "error!" in text
    assert "warning!" not in text
    assert "note!" not in text
    assert "allowed\n" not in text
    assert "1 error, 5 warnings, 1 note\n" in text
    assert INTERRUPTED.cause in text


def test_text_begins_with_the_server_and_why_that_one() -> None:
    report = dataclasses.replace(a_report(), server="container postgres:17 (PostgreSQL 17.11); a Docker engine answers")
    assert render(report).startswith("postgres: container postgres:17 (PostgreSQL 17.11); a Docker engine answers\n\n")


def test_text_of_a_handful_of_findings_has_no_summary() -> None:
    five = [a_finding(object=f"type t{number}") for number in range(5)]
    assert "begin with" not in render(a_report(*five))
    assert "begin with" in render(a_report(*five, a_finding(object=None)))


def test_summary_counts_what_each_check_has_found() -> None:
    findings = [
        a_finding(check=check, severity=severity, object=f"type t{number}")
        for check, severities in {
            "downgrade-restores": [Severity.ERROR, Severity.ERROR, Severity.NOTE],
            "single-head": [Severity.WARNING] * 4,
        }.items()
        for number, severity in enumerate(severities)
    ]
    text = render(a_report(*findings))
    lines = [line.split() for line in text.splitlines()]
    assert ["check", "errors", "warnings", "notes"] in lines
    assert ["downgrade-restores", "2", "-", "1"] in lines
    assert ["single-head", "-", "4", "-"] in lines


def test_text_says_where_a_finding_stands() -> None:
    found = dataclasses.replace(a_finding(), where=Place("migrations/versions/0003.py", 12))
    assert "leaves it behind.\n      --> migrations/versions/0003.py:12\n" in render(a_report(found))


@pytest.mark.parametrize("width", [None, 80, 100, 200])
@pytest.mark.parametrize(
    ("revisions", "findings", "most"), [(37, 100, 80), (60, 200, 80), (500, 900, 200), (500, 60, 200)]
)
def test_text_of_a_long_history_can_be_read(revisions: int, findings: int, most: int, width: int | None) -> None:
    """The first: mealie's revisions, and as many findings as its first day had."""
    report = a_history(revisions, findings)
    text = render(report, Style(width=width))
    assert text.count("\n") <= most
    for check in {one.check for one in report.findings}:
        assert check in text
    assert text.splitlines()[-1].startswith(f"faulty: {len(report.checks)} checks, {revisions} revisions, ")


def test_text_of_a_long_history_is_whole_where_all_is_asked_for() -> None:
    report = a_history(37, 100)
    text = render(report, loudness=Loudness.ALL)
    assert sum(line.startswith(("  error[", "  warning[", "  note[")) for line in text.splitlines()) == 100
    for line in {line.strip() for one in report.findings for line in one.evidence.splitlines()}:
        assert line in text


def test_text_of_findings_that_are_all_different_is_cut_with_the_number_of_the_others() -> None:
    findings = [a_finding(f"{chr(97 + number % 26) * (1 + number // 26)}!", object=None) for number in range(300)]
    text = render(a_report(*findings))
    assert text.count("\n") <= 80
    shown = text.count("error[downgrade-restores]")
    assert f"\n  ... {300 - shown} errors more: -v or --json FILE\n" in text
    assert shown > 50


def some(check: str, severity: Severity, count: int) -> list[Finding]:
    """So many findings that say something else each."""
    area = next(one.area for one in CHECKS if one.id == check)
    texts = [f"{chr(97 + number % 26) * (1 + number // 26)}!" for number in range(count)]
    return [dataclasses.replace(a_finding(text, check=check, severity=severity), area=area) for text in texts]


def test_text_that_is_cut_leaves_out_notes_and_warnings_before_any_error() -> None:
    """Though the errors are the least urgent ones."""
    errors, notes = some("downgrade-restores", Severity.ERROR, 9), some("downgrade-restores", Severity.NOTE, 99)
    text = render(a_report(*errors, *some("single-head", Severity.WARNING, 99), *notes))
    assert text.count("error[downgrade-restores]") == 9
    assert "  ... 99 notes: -v or --json FILE" in text
    assert re.search(r"\n  \.\.\. \d+ warnings more: ", text)
    text = render(a_report(*errors, *some("single-head", Severity.WARNING, 9), *notes))
    assert text.count("error[downgrade-restores]") == 9
    assert text.count("warning[single-head]") == 9
    assert re.search(r"\n  \.\.\. \d\d notes more: ", text)
    assert text.count("\n") <= 80


def test_table_begins_with_the_checks_that_found_errors() -> None:
    found = [*some("single-head", Severity.WARNING, 4), *some("downgrade-restores", Severity.ERROR, 4)]
    rows = [line.split() for line in render(a_report(*found)).splitlines()]
    assert rows.index(["downgrade-restores", "4", "-", "-"]) < rows.index(["single-head", "-", "4", "-"])


def test_text_wraps_evidence_behind_its_bar() -> None:
    text = render(a_report(a_finding(evidence="  " + "word " * 40)), Style(width=60))
    quoted = [line for line in text.splitlines() if line.startswith("      | ")]
    assert len(quoted) > 3
    assert max(map(len, quoted)) <= 60
    assert quoted[1].startswith("      |     word")


def test_text_lists_what_is_allowed_by_check_and_reason() -> None:
    allowed = tuple((a_finding(revision=revision), "Old rows.") for revision in ("0001", None))
    assert render(a_report(allowed=allowed)) == (
        "allowed\n"
        "  downgrade-restores at 0001 (type public.color), project (type public.color): Old rows.\n"
        "\n"
        "sound: 2 checks, 3 revisions, 0 errors, 0 warnings, 0 notes, 2 allowed, in 3.1 s on PostgreSQL 17.11\n"
    )


def test_text_of_a_subjects_output_holds_no_control_characters() -> None:
    text = render(a_report(a_finding("\x1b[31mred\x1b[0m", evidence="a\r\nb\x00\x9b\ud800\x1b]0;title\x07")))
    assert ": red\n" in text
    assert "| a\n      | b\ufffd\ufffd\ufffd\n" in text


def test_text_is_coloured_as_asked_and_says_the_same() -> None:
    report = a_report(a_finding())
    coloured = render(report, Style(colours=True))
    assert "\x1b[1;31merror[downgrade-restores]\x1b[0m type" in coloured
    assert "\x1b[1;31mfaulty\x1b[0m: 2" in coloured
    for sequence in ("\x1b[1;31m", "\x1b[1m", "\x1b[0m"):
        coloured = coloured.replace(sequence, "")
    assert coloured == render(report)


def test_text_is_wrapped_at_the_width_of_a_terminal() -> None:
    text = render(a_report(a_finding("word " * 40)), Style(width=60))
    assert max(map(len, text.splitlines()[:-1])) <= 60
    assert "\n      word" in text


def test_code_is_not_wrapped() -> None:
    """It is there to be pasted."""
    code = f"    x = {'1 + ' * 20}1"
    finding = dataclasses.replace(a_finding(), remedy=f"{'word ' * 20}\n{code}\n{'word ' * 20}")
    lines = render_findings([finding], Style(width=60)).splitlines()
    assert f"    {code}" in lines
    assert max(len(line) for line in lines if code not in line) <= 60


@pytest.mark.parametrize(
    ("environ", "colours"),
    [
        ({}, True),
        ({"NO_COLOR": ""}, True),
        ({"NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    ],
)
def test_style_of_a_terminal_has_a_width_and_colours_unless_they_are_refused(
    environ: dict[str, str], *, colours: bool
) -> None:
    style = Style.of(Terminal(), environ)
    assert style.colours is colours
    assert style.width is not None


@pytest.mark.parametrize(
    ("environ", "colours"), [({}, False), ({"FORCE_COLOR": ""}, False), ({"FORCE_COLOR": "1"}, True)]
)
def test_style_of_a_file_is_plain_unless_colours_are_asked_for(environ: dict[str, str], *, colours: bool) -> None:
    assert Style.of(io.StringIO(), environ) == Style(colours=colours, width=None)


def test_text_counts_in_thousands() -> None:
    report = dataclasses.replace(a_report(), revisions=tuple(map(str, range(1000))))
    assert " 1,000 revisions," in render(report)


def test_text_says_what_did_not_run_and_why() -> None:
    text = render(a_report(a_finding(), skipped={"single-head": "revision 0003 fails"}))
    assert "\n\nnot run\n  single-head: revision 0003 fails\n\nfaulty: 2 checks (1 not run), 3 rev" in text


def test_text_is_not_wrapped_at_a_width_that_leaves_no_room() -> None:
    report = a_report(a_finding("word " * 10))
    assert render(report, Style(width=20)) == render(report)


def test_text_has_no_line_for_a_remedy_or_consequence_that_is_not_known() -> None:
    finding = dataclasses.replace(a_finding(), remedy="", consequence="")
    assert render_findings([finding]).count("\n") == 0


INTERRUPTED = Obstacle("interrupted", "interrupted at revision 2 of 3 (0002)")
CRASHED = Obstacle("defect", "schemaproof failed: KeyError: 1", "Traceback\nKeyError: 1", "Report it.", "single-head")


def test_text_of_a_run_that_was_interrupted_says_what_did_not_run() -> None:
    cut = {"single-head": INTERRUPTED.cause, "downgrade-restores": INTERRUPTED.cause}
    text = render(a_report(skipped=cut, not_asked=("0002", "0003"), obstacles=(INTERRUPTED,)))
    assert text == (
        "not run\n"
        "  single-head: interrupted at revision 2 of 3 (0002)\n"
        "  downgrade-restores: interrupted at revision 2 of 3 (0002) (not run on 0002, 0003)\n"
        "\n"
        "problems during the run\n"
        "  interrupted at revision 2 of 3 (0002)\n"
        "\n"
        "incomplete: 2 checks (2 not run), 3 revisions, 0 errors, 0 warnings, 0 notes, in 3.1 s on PostgreSQL 17.11\n"
    )


def test_text_of_a_check_that_crashed_has_evidence_and_remedy() -> None:
    text = render(a_report(obstacles=(CRASHED,)))
    assert (
        "problems during the run\n"
        "  single-head: schemaproof failed: KeyError: 1\n"
        "    | Traceback\n"
        "    | KeyError: 1\n"
        "    = remedy: Report it.\n"
    ) in text


def test_text_of_a_faulty_project_says_that_not_everything_was_checked() -> None:
    text = render(a_report(a_finding(), obstacles=(INTERRUPTED,)))
    assert text.splitlines()[-1].startswith("faulty, and not everything was checked: 2 checks, ")


def test_text_names_no_long_row_of_revisions() -> None:
    many = tuple(f"{number:04}" for number in range(1000, 3000))
    skipped = {"downgrade-restores": INTERRUPTED.cause}
    text = render(a_report(skipped=skipped, not_asked=many, obstacles=(INTERRUPTED,)))
    assert "(not run on 1000, 1001, ..., 2999 (2,000 revisions))" in text


def test_text_of_hostile_texts_has_no_lines_but_its_own() -> None:
    """Nothing of the project begins a line, where a program that reads along takes it for something else."""
    for loudness in Loudness:
        text = render(a_hostile_report(), loudness=loudness)
        at_margin = {line.split()[0] for line in text.splitlines() if line and not line.startswith(" ")}
        assert at_margin <= {"postgres:", "begin", "revision", "allowed", "problems", "faulty,"}
        assert not [one for one in text if not one.isprintable() and one not in "\n\ufffd"]
        assert "user\\u202egnp.exe" in text
