"""Findings that are accepted: which ones an allowance means, and what is said of one that is written wrongly."""

import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from schemaproof.errors import ProofError
from schemaproof.finding import Place, Severity
from schemaproof.project.allowances import Allowance, of_project, of_revision, places_in, split, unused_findings
from tests.schemaproof.report.reports import a_check, a_finding

KNOWN = ("downgrade-restores", "single-head", "unused-allowance")
ENTRY = {"check": "downgrade-restores", "reason": "Old rows use it."}


@pytest.mark.parametrize(
    ("allowance", "allowed"),
    [
        (Allowance("downgrade-restores", "."), True),
        (Allowance("single-head", "."), False),
        (Allowance("downgrade-restores", ".", revision="0003"), True),
        (Allowance("downgrade-restores", ".", revision="0004"), False),
        (Allowance("downgrade-restores", ".", revision="000*"), True),
        (Allowance("downgrade-restores", ".", revision="0004*"), False),
        (Allowance("downgrade-restores", ".", object="type public.color"), True),
        (Allowance("downgrade-restores", ".", object="type public.*"), True),
        (Allowance("downgrade-restores", ".", object="TYPE public.*"), False),
        (Allowance("downgrade-restores", ".", object="index *"), False),
    ],
)
def test_allowance_means_its_check_revision_and_object(allowance: Allowance, *, allowed: bool) -> None:
    assert allowance.matches(a_finding(revision="0003", object="type public.color")) is allowed


def test_allowance_of_a_revision_or_object_does_not_mean_the_project_as_a_whole() -> None:
    finding = a_finding(revision=None, object=None)
    assert not Allowance("downgrade-restores", ".", revision="0003").matches(finding)
    assert not Allowance("downgrade-restores", ".", object="*").matches(finding)


def test_allowance_of_an_object_with_brackets_means_that_object() -> None:
    name = "function public.f(integer[], text[])"  # as a pattern: one of the characters "], tex["
    assert Allowance("downgrade-restores", ".", object=name).matches(a_finding(object=name))


def test_split_keeps_allows_with_the_first_reason_and_names_the_unused() -> None:
    kept, allowed = a_finding(object="a"), a_finding(object="b")
    first, second = Allowance(kept.check, "one", object="b"), Allowance(kept.check, "two", object="[b]")
    unused = Allowance(kept.check, "three", object="c")
    assert split([kept, allowed], [first, second, unused]) == ([kept], [(allowed, "one")], [unused], [])


LAST = date(2027, 3, 1)


@pytest.mark.parametrize(("day", "allows"), [(LAST, True), (LAST - timedelta(1), True), (LAST + timedelta(1), False)])
def test_allowance_counts_to_its_last_day(day: date, *, allows: bool) -> None:
    found = a_finding()
    allowance = Allowance(found.check, "Until then.", expires=LAST)
    said = split([found], [allowance], day)
    assert said == (([], [(found, "Until then.")], [], []) if allows else ([found], [], [], [allowance]))


def test_allowance_that_has_expired_and_matches_nothing_is_unused() -> None:
    allowance = Allowance("single-head", "Until then.", expires=LAST)
    assert split([a_finding()], [allowance], LAST + timedelta(1)).unused == [allowance]


def test_allowance_that_has_expired_is_a_note_with_its_day() -> None:
    expired = Allowance("single-head", "Two products.", revision="00*", expires=LAST)
    (finding,) = unused_findings(a_check("unused-allowance"), [], [expired])
    assert (finding.severity, finding.revision) == (Severity.NOTE, None)
    assert finding.message == ("The allowance for single-head at revision 00* in pyproject.toml expired on 2027-03-01.")
    assert "expires = 2027-03-01" in finding.remedy


@pytest.mark.parametrize("text", ["expires = 2027-03-01", 'expires = "2027-03-01"'])
def test_day_is_one_of_toml_or_a_string(text: str) -> None:
    (found,) = of_project([{**ENTRY, **tomllib.loads(text)}], KNOWN)
    assert found.expires == LAST


def test_day_beside_the_code_is_one_of_python() -> None:
    module = SimpleNamespace(schemaproof_allow=[{**ENTRY, "expires": LAST}])
    (found,) = of_revision(module, "0003", KNOWN)
    assert found.expires == LAST


@pytest.mark.parametrize("value", ["soon", "", 2027, True, datetime(2027, 3, 1, tzinfo=UTC)])
def test_day_that_is_none_is_refused(value: object) -> None:
    with pytest.raises(ProofError, match=r"^expires of \[\[tool\.schemaproof\.allow\]\], entry 1 is ") as caught:
        of_project([{**ENTRY, "expires": value}], KNOWN)
    assert caught.value.remedy == "Write the last day on which it counts: 2027-03-01."


def test_unused_allowance_is_a_warning_with_its_place_and_reason() -> None:
    unused = Allowance("downgrade-restores", "Old rows.", revision="0003", object="type x", source="revision 0003")
    (finding,) = unused_findings(a_check("unused-allowance", "configuration"), [unused])
    assert (finding.severity, finding.revision, finding.object) == (Severity.WARNING, "0003", "type x")
    assert finding.message == (
        "The allowance for downgrade-restores at revision 0003, type x in revision 0003 matches no finding."
    )
    assert finding.evidence == "Its reason: Old rows."
    assert finding.remedy == (
        'Delete the entry for downgrade-restores with "object": "type x" from schemaproof_allow in revision 0003.'
    )


def test_unused_allowance_of_pyproject_is_told_by_its_keys() -> None:
    (finding,) = unused_findings(a_check("unused-allowance"), [Allowance("single-head", ".", object="type *")])
    assert finding.remedy == (
        'Delete the [[tool.schemaproof.allow]] with check = "single-head", object = "type *" from pyproject.toml.'
    )


def test_remedy_for_an_entry_of_pyproject_is_toml_that_is_read() -> None:
    with pytest.raises(ProofError) as caught:
        of_project({"check": "single-head"}, KNOWN)
    table = tomllib.loads(caught.value.remedy.partition("\n")[2])
    assert of_project(table["tool"]["schemaproof"]["allow"], KNOWN) == (
        Allowance("downgrade-restores", "Old rows use it."),
    )


def test_remedy_for_an_entry_of_a_revision_is_python_that_is_read() -> None:
    module = SimpleNamespace(schemaproof_allow={"check": "single-head"})
    with pytest.raises(ProofError) as caught:
        of_revision(module, "0003", KNOWN)
    exec(caught.value.remedy.partition("\n")[2].strip(), vars(module))  # noqa: S102 (our own remedy)
    assert [one.object for one in of_revision(module, "0003", KNOWN)] == ["type public.color"]


def test_allowances_of_pyproject_are_read() -> None:
    entries = [ENTRY, {**ENTRY, "revision": "0003", "object": "type *"}]
    assert of_project(entries, KNOWN) == (
        Allowance("downgrade-restores", "Old rows use it."),
        Allowance("downgrade-restores", "Old rows use it.", "0003", "type *"),
    )


def test_allowances_of_a_revision_are_for_that_revision() -> None:
    module = SimpleNamespace(schemaproof_allow=[ENTRY])
    assert of_revision(module, "0003", KNOWN) == (
        Allowance("downgrade-restores", "Old rows use it.", "0003", source="revision 0003"),
    )


def test_allowances_that_are_not_written_are_none() -> None:
    assert of_project(None, KNOWN) == of_revision(SimpleNamespace(), "0003", KNOWN) == ()


@pytest.mark.parametrize(
    ("entry", "cause", "remedy"),
    [
        ({"check": "single-head"}, "entry 2 has no reason.", "Add its reason, as in\n  [[tool.schemaproof.allow]]\n"),
        ({"reason": "so"}, "entry 2 has no check.", "Add its check, as in\n  [[tool.schemaproof.allow]]\n"),
        ({"check": "single-head", "reason": "  "}, "reason of .*, entry 2 is '  '.", "Write a non-empty string."),
        ({"check": "single-head", "reason": 3}, "reason of .*, entry 2 is 3.", "Write a non-empty string."),
        (
            {"check": "single-heads", "reason": "so"},
            "unknown check: single-heads",
            "Did you mean single-head? Known are ",
        ),
        ({"check": "x", "reason": "so"}, "unknown check: x", "Known are downgrade-restores, single-head"),
        ({**ENTRY, "revison": "0003"}, "unknown key: revison", "Did you mean revision? Known are "),
        ({"check": "unused-allowance", "reason": "so"}, "allows unused-allowance", "Delete this allowance"),
        ("single-head", "entry 2 is 'single-head'", "Write it like this:\n  [[tool.schemaproof.allow]]\n"),
    ],
)
def test_allowance_written_wrongly_is_named_with_its_place(entry: object, cause: str, remedy: str) -> None:
    with pytest.raises(ProofError, match=rf"\[\[tool.schemaproof.allow\]\].*{cause}|{cause}") as caught:
        of_project([ENTRY, entry], KNOWN)
    assert caught.value.remedy.startswith(remedy)


def test_allowance_of_a_revision_file_names_no_revision() -> None:
    module = SimpleNamespace(schemaproof_allow=[{**ENTRY, "revision": "0004"}])
    with pytest.raises(ProofError, match="schemaproof_allow of revision 0003, entry 1 has an unknown key: revision"):
        of_revision(module, "0003", KNOWN)


def test_allowances_that_are_no_list_are_refused() -> None:
    with pytest.raises(ProofError, match="schemaproof_allow of revision 0003 is not a list"):
        of_revision(SimpleNamespace(schemaproof_allow=ENTRY), "0003", KNOWN)


def test_allowance_of_pyproject_stands_at_its_header(tmp_path: Path) -> None:
    text = "[project]\nname = 'x'\n\n[[tool.schemaproof.allow]]\ncheck = 1\n\n [[ tool.schemaproof.allow ]]\n"
    (tmp_path / "pyproject.toml").write_text(text)
    assert places_in(tmp_path) == [Place("pyproject.toml", 4), Place("pyproject.toml", 7)]
    first, second = of_project([ENTRY, ENTRY], KNOWN, places_in(tmp_path))
    assert (first.where, second.where) == (Place("pyproject.toml", 4), Place("pyproject.toml", 7))


def test_allowance_in_a_list_stands_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.schemaproof]\nallow = [{}]\n")
    (found,) = of_project([ENTRY], KNOWN, places_in(tmp_path))
    assert found.where == Place("pyproject.toml")
    assert places_in(tmp_path / "none") == []


def test_allowance_beside_the_code_stands_at_the_variable(tmp_path: Path) -> None:
    file = tmp_path / "versions" / "0003.py"
    file.parent.mkdir()
    file.write_text("revision = '0003'\nschemaproof_allow = []\n")
    module = SimpleNamespace(schemaproof_allow=[ENTRY], __file__=str(file))
    (found,) = of_revision(module, "0003", KNOWN, tmp_path)
    assert found.where == Place("versions/0003.py", 2)
    (finding,) = unused_findings(a_check("unused-allowance"), [found])
    assert finding.where == found.where
