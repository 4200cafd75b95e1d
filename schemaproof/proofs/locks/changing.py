"""What a statement changes, by its words: whose rows, however many it found; and what becomes of a column's values."""

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


def place_of(name: str, statement: str) -> int:
    """Where ``statement`` names the table ``name``; behind its end where it does not."""
    masked = _MUTE.sub(lambda found: " " * len(found[0]), statement)
    found = re.search(rf"(?<![\w$]){re.escape(name.replace('"', '""'))}(?![\w$])", masked, re.IGNORECASE)
    return found.start() if found else len(statement)


def conversion(statement: str, column: str) -> str:
    """What ``statement`` makes of the values of ``column`` where it changes its type (USING ...); "" for nothing."""
    masked = _MUTE.sub(lambda found: "x" * len(found[0]), statement)
    for action in re.finditer(rf"\bALTER\s+(?:COLUMN\s+)?({_NAME})\s+(?:SET\s+DATA\s+)?TYPE\b", masked, re.IGNORECASE):
        if _name(action[1]) == column:
            end = _end(masked, action.end())
            using = re.search(r"\bUSING\b", masked[action.end() : end], re.IGNORECASE)
            return " ".join(statement[action.end() + using.end() : end].split()) if using else ""
    return ""


def _end(masked: str, begin: int) -> int:
    """Where the action of ALTER TABLE ends that begins there: at a comma or semicolon in no parentheses."""
    depth = 0
    for place in range(begin, len(masked)):
        depth += (masked[place] in "([") - (masked[place] in ")]")
        if depth == 0 and masked[place] in ",;":
            return place
    return len(masked)


def _name(written: str) -> str:
    return written[1:-1].replace('""', '"') if written.startswith('"') else written.lower()
