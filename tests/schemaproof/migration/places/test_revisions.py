"""The line of a revision that a finding is about."""

from pathlib import Path

import pytest

from schemaproof.migration.places.revisions import line_of, names_in
from tests.schemaproof.report.reports import a_finding

REVISION = """
def upgrade():
    op.create_table("posts", sa.Column("mood", sa.Enum(name="mood")))
    op.create_index("ix_posts", "posts", ["mood"])


def downgrade():
    op.drop_index("ix_posts")
    op.drop_table("posts")
"""


@pytest.mark.parametrize(
    ("message", "about", "evidence", "line"),
    [
        ("It fails.", None, "Error: no\n  at versions/0003.py:4: op.create_index(", 4),
        ("It fails.", None, "Error: no", 2),
        ("It fails.", "index public.ix_posts", "", 4),
        ("The downgrade leaves it.", "type public.mood", "  at versions/0003.py:3: op.create_table(", 7),
        ("The downgrade fails.", "table public.posts", "", 9),
        ("The downgrade fails.", None, "  at versions/0003.py:9: op.drop_table(", 9),
        ("It fails.", None, "  at versions/0002.py:4: op.create_index(", 2),
    ],
)
def test_line_is_the_statement_or_the_function(
    tmp_path: Path, message: str, about: str | None, evidence: str, line: int
) -> None:
    path = tmp_path / "versions" / "0003.py"
    path.parent.mkdir()
    path.write_text(REVISION)
    finding = a_finding(message, check="c", object=about, evidence=evidence)

    assert line_of(finding, path, tmp_path) == line


@pytest.mark.parametrize(
    ("message", "about", "line"),
    [
        ("The default of it is fixed at the time of the migration.", "column public.posts.mood", 3),
        ("The second upgrade to 0003, after its downgrade, gives a different schema.", "index public.ix_posts", 4),
        ("The second upgrade to 0003, after its downgrade, fails.", None, 7),
        ("0003 can't be upgraded to again: its downgrade fails.", "index public.ix_posts", 8),
        ("The downgrade of 0003 loses rows that the upgrade keeps.", "table public.posts", 9),
    ],
)
def test_line_of_what_an_upgrade_makes_is_not_in_the_downgrade(
    tmp_path: Path, message: str, about: str | None, line: int
) -> None:
    """The check's name says both."""
    path = tmp_path / "0003.py"
    path.write_text(REVISION)

    assert line_of(a_finding(message, check="upgrade-after-downgrade", object=about), path, tmp_path) == line


def test_file_that_is_no_python_has_no_line(tmp_path: Path) -> None:
    path = tmp_path / "0003.py"
    path.write_text("def upgrade(:")

    assert line_of(a_finding(), path, tmp_path) is None


@pytest.mark.parametrize(
    ("described", "names"),
    [
        ("column public.posts.mood", ["posts", "mood"]),
        ("index public.ix_posts", ["ix_posts"]),
        ("function public.f(integer, text)", ["f"]),
        ("extension citext", ["citext"]),
        (None, []),
    ],
)
def test_names_are_those_that_a_statement_has(described: str | None, names: list[str]) -> None:
    assert names_in(described) == names
