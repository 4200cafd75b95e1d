"""What the documentation says is true: its examples are run, its lists are complete, the checks have their pages."""

import argparse
import re
import shlex
from pathlib import Path

import pytest

from schemaproof.arguments import parser
from schemaproof.postgres import Server
from schemaproof.postgres.options import Options
from schemaproof.project.pyproject import KEYS
from schemaproof.project.settings import Settings
from schemaproof.proofs.registry import BY_AREA, CHECKS
from tests import pages
from tests.documents import ROOT, Document
from tests.schemaproof.stock import stock_project
from tests.schemaproof.warm import Warm

FIXTURES, SETTINGS, PROOFS, OLD, FINDINGS = (
    Document(f"docs/{name}.md") for name in ("fixtures", "settings", "proofs", "old-project", "findings")
)
OF_PYTEST = {"--dist", "--pdb"}


def test_pages_of_the_checks_are_what_the_registry_and_the_examples_make() -> None:
    """`uv run python -m tests.pages` writes them; what verify prints is compared in test_examples.py."""
    written = {path: path.read_text(encoding="utf-8") for path in pages.FOLDER.iterdir()}
    made = pages.files()
    assert [path.name for path in made if made[path] != written.get(path)] == []
    assert written.keys() == made.keys()


def test_areas_have_a_section_on_how_their_proof_works() -> None:
    sections = PROOFS.text.split("\n## ")[1:]
    assert [section.partition("\n")[0] for section in sections] == list(BY_AREA)
    assert all("**What is done.**" in one and "**What it can't see.**" in one for one in sections)


def test_settings_have_every_key_of_the_table() -> None:
    named = "".join(key for key, *_ in SETTINGS.rows("| `[tool.schemaproof]` | command line |"))
    named += "".join(row[2] for row in SETTINGS.rows("| command line | environment |"))
    tables = set(re.findall(r"\[\[tool\.schemaproof\.(\w+)\]\]", SETTINGS.text))
    assert set(re.findall(r"`([a-z-]+)`", named)) | tables == set(KEYS)


def without_accidents(line: str) -> str:
    """``line`` without what is different in every run: password, port and name of a throwaway database."""
    return re.sub(r"postgres:[^@]+@127\.0\.0\.1:\d+/schemaproof_\w+", "...", line).rstrip()


def test_fixtures_example_fails_as_the_page_shows(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a terminal of 80 columns: where one of these variables is set, pytest does not shorten its summary."""
    for name in ("CI", "BUILD_NUMBER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    example = FIXTURES.blocks("python")[-1]
    command, *shown = FIXTURES.blocks("console")[0].splitlines()
    name = example.splitlines()[0].removeprefix("# ")
    (pytester.path / name).write_text(example)
    arguments = shlex.split(command.removeprefix("$ pytest "))
    printed = [without_accidents(line) for line in pytester.runpytest_subprocess(*arguments).outlines]
    positions = [printed.index(without_accidents(line)) for line in shown]
    assert positions == sorted(positions)


@pytest.mark.parametrize("number", [1, 2])
def test_fixtures_are_what_the_page_shows(
    pytester: pytest.Pytester, warm: Warm, postgres_server: Server, number: int
) -> None:
    """In a project as `alembic init` makes it: first the fixtures as they are, then the template of its own."""
    stock_project(pytester.path, "generic")
    imports = (
        "from pathlib import Path\nimport pytest\nfrom alembic import command\nfrom alembic.config import Config\n"
    )
    shown = [block for block in FIXTURES.blocks("python") if "_database" in block or "postgres_template" in block][
        number - 1
    ]
    if number == 1:
        pytester.makepyfile(shown.replace('"0007"', '"base"') + "    assert after.name != before.name\n")
    else:
        pytester.makeconftest(imports + shown)
        tables = 'connection.execute("SELECT FROM users")'
        connect = "psycopg.connect(postgres_database.dsn) as connection"
        pytester.makepyfile(f"import psycopg\ndef test_a(postgres_database):\n    with {connect}: {tables}\n")
    url = postgres_server.url.render_as_string(hide_password=False)
    warm.pytest(pytester, "--postgres", url, "-W", "ignore").assert_outcomes(passed=1)


def options() -> set[str]:
    """All that the command takes, whichever subcommand."""
    (commands,) = (one for one in parser()._actions if isinstance(one, argparse._SubParsersAction))
    every = [parser(), *commands.choices.values()]
    return {name for one in every for action in one._actions for name in action.option_strings}


@pytest.mark.parametrize("path", sorted(ROOT.glob("docs/*.md")), ids=lambda path: path.stem)
def test_options_that_a_page_names_are_the_commands(path: Path) -> None:
    told = set(re.findall(r"schemaproof \w+[^\n`]*? (--[a-z][a-z-]+)", path.read_text(encoding="utf-8")))
    told |= set(re.findall(r"`(--[a-z][a-z-]+)", path.read_text(encoding="utf-8")))
    assert told <= options() | OF_PYTEST


@pytest.mark.parametrize(
    "text", SETTINGS.blocks("toml") + OLD.blocks("toml"), ids=lambda text: text.split("\n")[1][:20]
)
def test_settings_that_a_page_shows_are_valid(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    Settings.read(tmp_path, {}, known=[check.id for check in CHECKS], areas=BY_AREA)
    Options.read(tmp_path, environ={})


def test_finding_that_is_explained_is_the_one_of_the_readme() -> None:
    """Which is what verify prints: tests/test_readme.py."""
    (shown,) = FINDINGS.blocks("console")
    assert shown in Document("README.md").blocks("console")[1]
    explained = re.findall(r"^\| `([^`\\]+)` \|", FINDINGS.text, re.MULTILINE)
    assert [one for one in explained if one not in shown and not one.startswith("--")] == ["page"]  # told with -v
