"""Which findings a baseline knows, and the file that it is kept in."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemaproof.errors import ProofError
from schemaproof.finding import Cause, Finding, Severity
from schemaproof.project.baseline import FILE, Baseline, Entry, read
from tests.schemaproof.report.reports import a_finding

names = st.text(st.characters(exclude_categories=["Cs"]))
ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE


def of(*findings: Finding) -> Baseline:
    return Baseline().with_findings(findings)


def kept(baseline: Baseline, folder: Path) -> Baseline | None:
    (folder / FILE).write_text(baseline.render(), encoding="utf-8")
    return read(folder)


def test_finding_that_is_in_it_is_known_whatever_its_evidence_says() -> None:
    new, known = of(a_finding()).divide([replace(a_finding(), evidence="other"), a_finding(revision="0004")])
    assert [one.revision for one in known] == ["0003"]
    assert [one.revision for one in new] == ["0004"]


@pytest.mark.parametrize(
    ("before", "today", "is_known"), [(WARNING, ERROR, False), (WARNING, WARNING, True), (ERROR, WARNING, True)]
)
def test_warning_that_is_known_does_not_hide_an_error(before: Severity, today: Severity, is_known: bool) -> None:
    divided = of(a_finding(severity=before)).divide([a_finding(severity=today)])
    assert bool(divided.known) is is_known


def test_note_is_neither_written_nor_known() -> None:
    note = a_finding(severity=NOTE)
    assert of(note).entries == ()
    assert of(a_finding()).divide([note]).new == [note]


@pytest.mark.parametrize(
    ("cause", "is_known"),
    [
        (Cause("downgrade-restores", "0003", "type public.color"), True),
        (Cause("downgrade-restores"), True),
        (Cause("downgrade-restores", "0004"), False),
        (Cause("downgrade-restores", None, "type public.size"), False),
        (Cause("downgrade-missing", "0003"), False),
    ],
)
def test_finding_whose_cause_is_known_is_known_too(cause: Cause, is_known: bool) -> None:
    """The check that reports the cause need not run."""
    consequence = replace(a_finding("It fails.", check="upgrade-after-downgrade"), causes=(cause,))
    assert bool(of(a_finding()).divide([consequence]).known) is is_known


def test_finding_of_several_causes_is_known_if_all_are() -> None:
    causes = (Cause("downgrade-restores", "0003"), Cause("downgrade-runs", "0003"))
    consequence = replace(a_finding("It fails.", check="upgrade-after-downgrade"), causes=causes)
    assert of(a_finding()).divide([consequence]).new
    assert of(a_finding(), a_finding(check="downgrade-runs")).divide([consequence]).known


def test_error_whose_cause_is_a_warning_is_new() -> None:
    consequence = replace(a_finding(check="upgrade-after-downgrade"), causes=(Cause("downgrade-restores"),))
    assert of(a_finding(severity=WARNING)).divide([consequence]).new


def test_entry_that_no_finding_is_is_unmatched() -> None:
    baseline = of(a_finding(), a_finding(revision="0004"))
    assert [one.revision for one in baseline.unmatched([a_finding()])] == ["0004"]


def test_reasons_stay_where_findings_are_added() -> None:
    (entry,) = of(a_finding(severity=WARNING)).entries
    before = Baseline((replace(entry, reason="Old rows."),))
    first, second = before.with_findings([a_finding(), a_finding(revision="0004")]).entries
    assert (first.reason, first.severity, second.reason) == ("Old rows.", ERROR, "")
    assert before.reason(a_finding()) == "Old rows."
    assert before.reason(a_finding(revision="0004")) == f"known: {FILE}"


def test_what_is_fixed_goes() -> None:
    baseline = of(a_finding(), a_finding(revision="0004"))
    assert baseline.without(baseline.entries[:1]) == of(a_finding(revision="0004"))


@given(one=names, two=names)
def test_file_is_read_back_whatever_names_are_in_it(
    tmp_path_factory: pytest.TempPathFactory, one: str, two: str
) -> None:
    entries = (
        Entry("f" * 16, "single-head", ERROR, one, two, one, two),
        Entry("e" * 16, "single-head", WARNING, None, None, two, ""),
    )
    assert kept(Baseline(entries), tmp_path_factory.getbasetemp()) == Baseline(entries)


def test_file_of_a_former_release_is_read_further(tmp_path: Path) -> None:
    """Its fingerprints are made of messages; those of today are written when something is recorded."""
    found = replace(a_finding(), kind="missing")
    entry = replace(Entry.of(found), fingerprint=found.former_fingerprint, reason="Old rows.")
    (tmp_path / FILE).write_text(Baseline((entry,)).render().replace("version = 2", "version = 1"))
    former = read(tmp_path)
    assert former is not None
    assert former.divide([found]).known == [found]
    assert former.reason(found) == "Old rows."
    assert former.unmatched([found]) == ()
    other = replace(found, message="It is reworded.")
    assert former.divide([other]).new == [other]
    assert former.renewed([found]).divide([other]).known == [other]
    assert former.renewed([found]).reason(other) == "Old rows."


def test_file_is_a_table_for_each_finding(tmp_path: Path) -> None:
    assert kept(of(a_finding()), tmp_path) == of(a_finding())
    assert (tmp_path / FILE).read_text().splitlines()[-10:] == [
        "version = 2",
        "",
        "[[finding]]",
        'check = "downgrade-restores"',
        'severity = "error"',
        'revision = "0003"',
        'object = "type public.color"',
        'message = "The downgrade leaves it behind."',
        f'fingerprint = "{a_finding().fingerprint}"',
        'reason = ""',
    ]


def test_project_without_the_file_has_none(tmp_path: Path) -> None:
    assert read(tmp_path) is None


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (b"version = ", f"{FILE} is not valid TOML: "),
        (b"version = 2 # \xe9", f"{FILE} is not valid TOML: "),
        (b"", f"{FILE} has version = None; this release reads up to 2."),
        (b"version = 3", f"{FILE} has version = 3; this release reads up to 2."),
        (b"version = 2\nfinding = 3", f"finding in {FILE} is no list of tables."),
        (b"version = 2\nfinding = [3]", f"[[finding]], entry 1 of {FILE} is 3."),
        (b"version = 2\n[[finding]]\ncheck = 3", f"check of [[finding]], entry 1 of {FILE} is 3."),
        (b"version = 2\n[[finding]]\nseverity = 'note'", f"[[finding]], entry 1 of {FILE} has the severity 'note'."),
        (
            b"version = 2\n[[finding]]\nseverity = 'error'\ncheck = 'single-head'",
            f"[[finding]], entry 1 of {FILE}: missing 1 required positional argument: 'fingerprint'.",
        ),
        (
            b"version = 2\n[[finding]]\nseverity = 'error'\ncheck = 'c'\nfingerprint = 'f'\nwhy = ''",
            f"[[finding]], entry 1 of {FILE}: got an unexpected keyword argument 'why'.",
        ),
    ],
)
def test_file_of_another_form_is_refused(tmp_path: Path, text: bytes, cause: str) -> None:
    (tmp_path / FILE).write_bytes(text)
    with pytest.raises(ProofError) as caught:
        read(tmp_path)
    assert caught.value.cause.startswith(cause)
    assert caught.value.remedy
