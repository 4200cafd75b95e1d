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


def test_findings_that_name_other_objects_too_are_one_line() -> None:
    """As each foreign key names the table that it refers to, and its columns."""
    found = [
        a_note(
            f"No index covers public.{table} ({table}_id): each delete scans all of public.{table}.",
            f"constraint public.{table}.fk_{table}",
        )
        for table in ("a", "b", "c")
    ]
    assert shown(*found) == [
        "note[c] No index covers ... (...): each delete scans all of ...: 3 constraints: a.fk_a, b.fk_b, c.fk_c"
        "; -v lists them"
    ]


def test_what_all_of_them_name_is_told() -> None:
    found = [
        a_note(f"0001 locks public.{table} while it builds b.", f"table public.{table}", "0001") for table in "xyz"
    ]
    assert shown(*found) == ["note[c] 0001 locks ... while it builds b: 3 tables: x, y, z; -v lists them"]


def test_columns_that_are_not_as_many_are_left_out() -> None:
    two = [a_note(f"No index covers a.t ({columns}).", "table a.t") for columns in ("x", "x, y")]
    assert shown(*two) == ["note[c] No index covers a.t (...): 1 table: a.t; -v lists them"]


def test_texts_of_other_lengths_are_told_without_names() -> None:
    two = [a_note(f"Empty: {name}.", f"table {name}") for name in ("a.t", 'a."t u"')]
    assert len(groups([*two, a_note("It has a.t (x).", "table a.t")])) == 2
    assert shown(*two) == ['note[c] Empty: ...: 2 tables: a.t, a."t u"; -v lists them']


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
