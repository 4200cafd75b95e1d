"""Whose rows a statement is there to change, by its words: it is no question of how many it found."""

import re
from dataclasses import dataclass

from schemaproof.migration.lines.quoting import quoted

_NAME = r'(?:"(?:[^"]|"")+"|[^\W\d][\w$]*)'
_CHANGE = re.compile(
    rf"\b(?P<verb>INSERT\s+INTO|MERGE\s+INTO|DELETE\s+FROM|(?<!FOR\s)(?<!KEY\s)(?<!DO\s)UPDATE)\s+(?:ONLY\s+)?"
    rf"(?P<table>{_NAME}(?:\s*\.\s*{_NAME})?)",
    re.IGNORECASE,
)
# What may hold the same words and mean nothing by them: bodies, strings, comments.
_MUTE = re.compile(r"\$(?P<tag>\w*)\$.*?\$(?P=tag)\$|[eE]?'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True)
class Change:
    """What a statement does to rows.

    Attributes:
        verb: INSERT, UPDATE, DELETE or MERGE.
        table: schema, "" where the statement leaves it out, and name.
    """

    verb: str
    table: tuple[str, str]

    def __str__(self) -> str:
        return quoted(*filter(None, self.table))


def change_of(statement: str) -> Change | None:
    """What ``statement``, or the first of several that does, changes; None for what only reads, or can't be told."""
    for part in _MUTE.sub("''", statement).split(";"):
        plain = " ".join(part.replace("''", " ").split())
        find = _CHANGE.search if plain[:5].upper() == "WITH " else _CHANGE.match
        found = find(plain)
        if found is not None:
            schema, name = ["", *map(_name, re.findall(_NAME, found["table"]))][-2:]
            return Change(found["verb"].split()[0].upper(), (schema, name))
    return None


def _name(written: str) -> str:
    return written[1:-1].replace('""', '"') if written.startswith('"') else written.lower()
