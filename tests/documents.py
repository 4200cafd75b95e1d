"""What README.md and docs/ show, as tests read it."""

import re
import shlex
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Document:
    """A page of Markdown; ``name`` is its path in the repository."""

    name: str

    @cached_property
    def text(self) -> str:
        """All of it."""
        return (ROOT / self.name).read_text(encoding="utf-8")

    def blocks(self, language: str) -> list[str]:
        """The contents of the code blocks in ``language``, in order."""
        return re.findall(rf"^```{language}\n(.*?)^```", self.text, re.MULTILINE | re.DOTALL)

    def commands(self, program: str) -> list[list[str]]:
        """The arguments of each ``uv run PROGRAM``, in order."""
        lines = "".join(self.blocks("bash")).splitlines()
        return [shlex.split(line)[3:] for line in lines if line.startswith(f"uv run {program}")]

    def rows(self, head: str) -> list[list[str]]:
        """The cells of the table whose first line begins with ``head``."""
        lines = self.text[self.text.index(head) :].partition("\n\n")[0].splitlines()[2:]
        return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
