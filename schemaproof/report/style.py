"""How lines of text look: colours, and the width of a terminal."""

import os
import shutil
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self, TextIO

from schemaproof.finding import Severity

BOLD, RED, GREEN = "1", "1;31", "1;32"
COLOURS = {Severity.ERROR: RED, Severity.WARNING: "1;33", Severity.NOTE: "1;36"}

# Up to so many names are all listed.
_SPAN = 6

# Columns below which nothing is wrapped.
_ROOM = 20


@dataclass(frozen=True)
class Style:
    """How lines look: with colours or without, and wrapped at ``width`` columns or (None) not at all."""

    colours: bool = False
    width: int | None = None

    @classmethod
    def of(cls, stream: TextIO, environ: Mapping[str, str] = os.environ) -> Self:
        """The style for ``stream``: a file gets plain text and unwrapped lines, which can be searched.

        NO_COLOR (https://no-color.org) and FORCE_COLOR (https://force-color.org) count where they are not empty; where
        both are set, NO_COLOR does.
        """
        terminal = stream.isatty()
        wanted = bool(environ.get("FORCE_COLOR")) or (terminal and environ.get("TERM") != "dumb")
        width = shutil.get_terminal_size().columns if terminal else None
        return cls(wanted and not environ.get("NO_COLOR"), width)

    def paint(self, text: str, colour: str) -> str:
        """``text`` in ``colour`` (parameters of the control sequence SGR)."""
        return f"\x1b[{colour}m{text}\x1b[0m" if self.colours else text

    def bold(self, text: str) -> str:
        """``text`` as a heading."""
        return self.paint(text, BOLD)

    def wrap(self, text: str, indent: str, hanging: str) -> list[str]:
        """The lines of ``text``, the first behind ``indent``, the others behind ``hanging``; code stays as it is.

        A line of code begins with a space.
        """
        first, *others = text.splitlines() or [""]
        lines = self._wrapped(first, indent, hanging)
        for line in others:
            lines += self._wrapped(line, hanging, hanging)
        return lines

    def quote(self, line: str, indent: str) -> list[str]:
        """One line of what was seen, behind a bar; also what is indented in it is wrapped."""
        if self._fits(indent, line):
            return [f"{indent}| {line}".rstrip()]
        bare = line.lstrip()
        margin = line[: len(line) - len(bare)][:_ROOM]
        begin, go_on = f"{indent}| {margin}", f"{indent}|   {margin}"
        return textwrap.wrap(
            bare, self.width or 0, initial_indent=begin, subsequent_indent=go_on, break_on_hyphens=False
        )

    def _fits(self, indent: str, line: str) -> bool:
        if self.width is None or self.width <= len(indent) + 2 * _ROOM:
            return True
        return len(indent) + 2 + len(line) <= self.width

    def _wrapped(self, line: str, indent: str, hanging: str) -> list[str]:
        if self.width is None or self.width <= len(hanging) + _ROOM or line.startswith(" ") or not line:
            return [(indent + line).rstrip()]
        return textwrap.wrap(line, self.width, initial_indent=indent, subsequent_indent=hanging, break_on_hyphens=False)


def counted(number: int, noun: str, several: str = "") -> str:
    """The ``number`` with its ``noun``: "1 check", "2,560 faults"; ``several`` is a plural that is not made by an s."""
    return f"{number:,} {noun if number == 1 else several or noun + 's'}"


def span(revisions: Sequence[str]) -> str:
    """The ``revisions``, those in the middle left out where there are many."""
    if len(revisions) <= _SPAN:
        return ", ".join(revisions)
    return f"{revisions[0]}, {revisions[1]}, ..., {revisions[-1]} ({len(revisions):,} revisions)"
