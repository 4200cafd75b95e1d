"""SQL as words, as far as needed to see what a statement names for writing; no grammar.

Why no library does it (measured on the 450 statements of this repository's example projects, of which some are
expressions):

- pglast 8.8 is PostgreSQL's own parser, and reads all that is a statement. Its licence is GPL-3.0-or-later, which who
  installs this package (MIT) would have to accept; it weighs 32 MB. It parses neither the body of DO nor a statement
  with a driver's placeholders.
- sqlglot 30.30 (MIT, pure Python, 8 MB, 0.3 s to import) reads four of five. The rest becomes one opaque Command: DO,
  functions and triggers, ALTER TABLE ... DISABLE TRIGGER or ATTACH PARTITION, ADD GENERATED. These are what a
  migration consists of, and where an UPDATE hides.
- sqlparse 0.6 (BSD) groups words and knows no more grammar than this module does; bodies in dollar quotes, and which
  columns a SET list names, would still be ours to read.

What is needed is little: a name after UPDATE, INSERT INTO, DELETE FROM, ALTER TABLE, wherever it stands, and the
columns that are set. Where a statement can't be read so, nothing is claimed of it (``Writes.opaque``).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_TOKEN = re.compile(
    r"(?P<space>\s+|--[^\n]*|/\*.*?\*/)"
    r"|(?P<body>\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)"
    r"|(?P<string>[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*')"
    r'|(?P<quoted>"(?:[^"]|"")+")'
    r"|(?P<word>[^\W\d][\w$]*)"
    r"|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<sign>.)",
    re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """One word: ``kind`` is "word" (``text`` in lower case), "quoted" (a name), "string", "body", "number", "sign"."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def is_name(self) -> bool:
        """Whether it can be a name."""
        return self.kind in {"word", "quoted"}


def tokens(statement: str) -> list[Token]:
    """The statement's words, without spaces and comments."""
    found = []
    for match in _TOKEN.finditer(statement):
        kind = match.lastgroup if match.lastgroup != "tag" else "body"
        if kind is None or kind == "space":
            continue
        text = match.group()
        if kind == "word":
            text = text.lower()
        elif kind == "quoted":
            text = text[1:-1].replace('""', '"')
        elif kind == "string":
            text = text.lstrip("eE")[1:-1].replace("''", "'")
        elif kind == "body":
            text = text[text.index("$", 1) + 1 : text.rindex("$", 0, -1)]
        found.append(Token(kind, text, match.start(), match.end()))
    return found


class Cursor:
    """A place in a statement's words."""

    def __init__(self, statement: str, words: Sequence[Token], place: int = 0) -> None:
        self.statement, self.words, self.place = statement, words, place

    def at(self, *texts: str) -> bool:
        """Whether the next words are these."""
        some = self.words[self.place : self.place + len(texts)]
        return [one.text for one in some if one.kind in {"word", "sign"}] == list(texts)

    def skip(self, *texts: str) -> bool:
        """Pass these words, if they come next."""
        if self.at(*texts):
            self.place += len(texts)
            return True
        return False

    def name(self) -> tuple[str | None, str] | None:
        """Schema and name of the object that comes next; None where there is no name."""
        parts = []
        while self.place < len(self.words) and self.words[self.place].is_name:
            parts.append(self.words[self.place].text)
            self.place += 1
            if not self.skip("."):
                break
        return (parts[-2] if len(parts) > 1 else None, parts[-1]) if parts else None

    def until(self, ends: Callable[[Token], bool]) -> list[Token]:
        """The words up to the end of what stands in the same parentheses, or to one for which ``ends``."""
        depth, found = 0, []
        while self.place < len(self.words):
            word = self.words[self.place]
            if word.kind == "sign" and word.text in "()":
                depth += 1 if word.text == "(" else -1
            if depth < 0 or (depth == 0 and ((word.kind == "sign" and word.text == ";") or ends(word))):
                break
            found.append(word)
            self.place += 1
        return found


def split(words: Sequence[Token]) -> list[list[Token]]:
    """The words between the commas that stand in no parentheses."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for word in words:
        if word.kind == "sign" and word.text in "()[]":
            depth += 1 if word.text in "([" else -1
        if depth == 0 and word.kind == "sign" and word.text == ",":
            parts.append([])
        else:
            parts[-1].append(word)
    return parts
