"""Findings that say the same of different objects."""

import pytest

from schemaproof.finding import Finding, Severity
from schemaproof.report.groups import groups, lines
from schemaproof.report.style import Style
from tests.schemaproof.report.reports import a_finding

ORDER = "The model has the table's columns in another order than the migrations."


def shown(*findings: Finding) -> list[str]:
    return list(lines(groups(findings), Style(), "", "; -v lists them"))


def a_note(message: str, about: str | None = None, revision: str | None = None) -> Finding:
    return a_finding(message, check="c", severity=Severity.NOTE, object=about, revision=revision)


def test_notes_on_many_tables_are_one_line() -> None:
    notes = [a_note(ORDER, f"table public.t{number}") for number in range(45)]
    assert shown(*notes) == [
        f"note[c] {ORDER.removesuffix('.')}: 45 tables: t0, t1, t2, t3, ...; -v lists them",
    ]


def test_notes_of_revisions_are_one_line_without_their_own_names_and_numbers() -> None:
    notes = [
        a_note(f"{one} empties {count} rows of a.t{one}.", f"table a.t{one}", one)
        for one, count in (("x", 3), ("y", 9))
    ]
    assert shown(*notes) == ["note[c] ... empties ... rows of ...: 2 revisions: x, y; -v lists them"]


@pytest.mark.parametrize(
    ("kind", "counted"),
    [("index", "2 indexes"), ("policy", "2 policies"), ("view", "2 views"), ("materialized view", "")],
)
def test_kinds_are_counted_in_their_plural(kind: str, counted: str) -> None:
    assert counted in shown(a_note("Odd.", f"{kind} a.x"), a_note("Odd.", f"{kind} a.y"))[0]


def test_what_says_something_else_is_a_line_of_its_own() -> None:
    alone = a_note("It could not be decided.", "table public.t1")
    assert shown(a_note(ORDER, "table public.t1"), alone) == [
        f"project: note[c] table public.t1: {ORDER}",
        "project: note[c] table public.t1: It could not be decided.",
    ]


def test_error_and_note_stay_two() -> None:
    assert len(groups([a_finding(), a_finding(severity=Severity.NOTE)])) == 2


def test_line_of_one_without_object_or_revision_counts_how_often() -> None:
    assert shown(a_note("It is odd."), a_note("It is odd.")) == ["note[c] It is odd: 2 times"]
