"""The files that `schemaproof init` shows, and writes where that is asked for: never over what is there."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from schemaproof.adoption.choices import Choices
from schemaproof.adoption.ci import job
from schemaproof.errors import ProofError
from schemaproof.project.toml import table

_TESTS = """\
\"\"\"The migrations, verified by schemaproof: an item for each check and revision.\"\"\"

from schemaproof.testing import test_project, test_revision

__all__ = ["test_project", "test_revision"]
"""


@dataclass(frozen=True)
class File:
    """A file, or what is added to one.

    Attributes:
        path: where it is.
        text: what is written.
        obstacle: why it is not written: what is there already; "" where nothing is.
        appended: whether the text goes to the end of a file that is there.
    """

    path: Path
    text: str
    obstacle: str = ""
    appended: bool = False

    def write(self) -> None:
        """Write it.

        Raises:
            ProofError: where that fails.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            before = self.path.read_text(encoding="utf-8") if self.appended else ""
            gap = "" if not before else "\n" if before.endswith("\n") else "\n\n"
            if not self.appended and self.path.exists():  # it came meanwhile
                raise FileExistsError(17, "it exists")
            self.path.write_text(f"{before}{gap}{self.text}", encoding="utf-8")
        except OSError as error:
            raise ProofError(
                f"{self.path} can't be written: {error.strerror}.", remedy="Write it by hand: the text is above."
            ) from error


def files(project: Path, chosen: Choices) -> Iterator[tuple[File, str]]:
    """The files for the folder ``project``, each with the reason for it; none for settings where the defaults do."""
    if chosen.settings or chosen.environment:
        yield _settings(project / "pyproject.toml", chosen), "what is not a default"
    ci = job(project)
    yield File(ci.path, ci.text, f"{ci.path.name} is there" if ci.path.exists() else ""), ci.why
    if chosen.tests is not None:
        tests = chosen.tests / "test_migrations.py"
        yield File(tests, _TESTS, f"{tests.name} is there" if tests.exists() else ""), "the checks as items of pytest"


def _settings(path: Path, chosen: Choices) -> File:
    tables = [table("[tool.schemaproof]", chosen.settings)] if chosen.settings else []
    if chosen.environment:
        tables.append(table("[tool.schemaproof.environment]", chosen.environment))
    text = "\n".join(tables)
    if not path.exists():
        return File(path, text)
    try:
        there = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {}).get("schemaproof")
    except (OSError, ValueError, AttributeError) as error:  # ValueError: no TOML, or not in UTF-8
        return File(path, text, f"pyproject.toml can't be read ({error})")
    return File(path, text, "it has a [tool.schemaproof]" if there is not None else "", appended=True)
