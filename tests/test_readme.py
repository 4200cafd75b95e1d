"""What the README shows is true: its commands print it, and what it lists is there."""

import re
import shlex
from pathlib import Path

import pytest

from schemaproof.proofs.registry import CHECKS
from tests.documents import ROOT, Document
from tests.example import ROOT as EXAMPLES
from tests.example import assemble
from tests.schemaproof.warm import Warm

README = Document("README.md")

pytestmark = pytest.mark.usefixtures("proved_server")


def printed(warm: Warm, command: str, project: Path) -> tuple[int, list[str]]:
    """Exit status and output of the README's ``$ schemaproof ...`` on ``project``."""
    arguments = shlex.split(command.removeprefix("$ schemaproof "))
    done = warm.run("schemaproof", *arguments, "--project", str(project))
    return done.returncode, done.stdout.splitlines()


def test_readme_init_prints_what_the_readme_shows(warm: Warm, tmp_path: Path) -> None:
    """From its first line on; the files that it would write come below."""
    project = assemble(EXAMPLES / "downgrade-restores" / "faulty-leaves-enum", tmp_path / "project")
    block = README.blocks("console")[0]
    assert Document("docs/index.md").blocks("console") == [block]
    command, *lines = block.splitlines()
    status, told = printed(warm, command, project)
    assert status == 0
    assert told[: len(lines) + 1] == [*lines, ""]


def test_readme_faulty_downgrade_is_told_as_the_readme_shows(warm: Warm, tmp_path: Path) -> None:
    """In its own words, but for the seconds and the server's release."""
    project = assemble(EXAMPLES / "downgrade-restores" / "faulty-leaves-enum", tmp_path / "project")
    place, shown = README.blocks("python")[0].split("\n", maxsplit=1)
    assert shown in (project / place.removeprefix("# ")).read_text(encoding="utf-8")
    command, *lines = README.blocks("console")[1].splitlines()
    status, told = printed(warm, command, project)
    assert status == 1
    assert [untimed(line) for line in told] == [untimed(line) for line in lines]


def untimed(line: str) -> str:
    """``line`` without the seconds that a verification took, and the server's release."""
    line = re.sub(r"^postgres: embedded PostgreSQL [\d.]+ \(\S+\)", "...", line)
    return re.sub(r"in [\d.]+ s (on PostgreSQL [\d.]+|\(\d+ a second\))", "...", line)


def test_readme_checks_are_those_of_the_registry() -> None:
    table = README.text[README.text.index("| area | checks |") : README.text.index("Each check is red")]
    assert set(re.findall(r"`([a-z]+(?:-[a-z]+)*)`", table)) == {check.id for check in CHECKS}


def test_readme_says_how_to_install_the_wheel_of_this_version() -> None:
    """It is on no index, so nobody can install it by its name alone."""
    version = re.search(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert version is not None
    for page in (README, Document("docs/index.md")):
        installs = [line for line in "".join(page.blocks("bash")).splitlines() if line.startswith("pip install")]
        assert len(installs) == 2
        assert installs[0].startswith("pip install './schemaproof[container,embedded]'")
        assert f"/schemaproof-{version[1]}-py3-none-any.whl'" in installs[1]


def test_readme_names_the_two_commands_that_prove_faceplate_on_the_first_screen() -> None:
    first = README.text.partition("\n## ")[0]
    assert "uv run schemaproof verify\nuv run nox -s tests\n" in first


def test_readme_links_to_files_that_there_are() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README.text)
    assert len(links) > 10
    assert [link for link in links if "://" not in link and not (ROOT / link).is_file()] == []
    defined = set(re.findall(r"^\[(\d+)\]: https://", README.text, re.MULTILINE))
    assert set(re.findall(r"\]\[(\d+)\]", README.text)) == defined
