"""The words of a routine's body, as PostgreSQL tells them apart."""

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r"""(?P<blank>\s+|--[^\n]*|/\*.*?\*/)
    |(?P<string>[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$)
    |(?P<quoted>"(?:[^"]|"")*")
    |(?P<word>[^\W\d][\w$]*)
    |(?P<other>\d+(?:\.(?!\.)\d*)?|:=|\.\.|<<|>>|::|=>|\$\d+|.)""",
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """One token.

    Attributes:
        kind: "string", "quoted", "word" or "other".
        text: a word as the server folds it, a quoted name without its quotes, anything else as it is written.
        start: where it begins in the body.
        end: where it ends.
    """

    kind: str
    text: str
    start: int
    end: int

    @property
    def name(self) -> bool:
        """Whether it may be the name of something."""
        return self.kind in {"word", "quoted"}


def tokens(body: str) -> Iterator[Token]:
    """All of ``body`` but blanks and comments."""
    for found in _TOKEN.finditer(body):
        kind = str(found.lastgroup)
        if found["string"] is not None:
            kind = "string"
        if kind != "blank":
            yield Token(kind, _folded(kind, found[0]), found.start(), found.end())


def words(body: str) -> frozenset[str]:
    """The names in ``body``, and the words in its strings: a statement may be put together from those."""
    found: set[str] = set()
    for one in tokens(body):
        if one.name:
            found.add(one.text)
        elif one.kind == "string":
            found.update(re.findall(r"\w+", one.text))
    return frozenset(found)


def _folded(kind: str, text: str) -> str:
    if kind == "word":
        return text.lower()
    return text[1:-1].replace('""', '"') if kind == "quoted" else text
