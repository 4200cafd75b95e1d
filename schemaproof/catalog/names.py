"""The names that PostgreSQL gives to what is made without one: makeObjectName() in src/backend/commands/indexcmds.c."""

import re
from collections.abc import Collection, Sequence

# NAMEDATALEN - 1, in bytes.
_MAX = 63


def is_generated(name: str, parts: Sequence[str]) -> bool:
    """Whether PostgreSQL would choose ``name``, or would if others were taken.

    Args:
        name: the name that the object has.
        parts: what PostgreSQL makes the name of: the label ("key", "fkey", "idx", ...), the table, and the columns.
    """
    label, table, *columns = parts
    numbered = re.search(rf"{label}[1-9]\d*$", name)  # the first that is not taken; the first of all has no number
    return name == generated(table, columns, numbered[0] if numbered else label)


def generated(table: str, columns: Sequence[str], label: str) -> str:
    """The name for ``label``: table, columns and label, the longer of the first two cut until all fit."""
    first, second = table.encode(), "_".join(columns).encode()
    room = _MAX - len(label.encode()) - 1 - (1 if columns else 0)
    one, two = len(first), len(second)
    while one + two > room:
        if one > two:
            one -= 1
        else:
            two -= 1
    pieces = [_clip(first, one), *([_clip(second, two)] if columns else []), label]
    return "_".join(pieces)


def free(name: str, label: str, taken: Collection[str], columns: Sequence[str] = ()) -> str:
    """As ``generated``, the label numbered as PostgreSQL does it where the name is ``taken``."""
    numbers = ("", *map(str, range(1, len(taken) + 1)))
    return next(one for number in numbers if (one := generated(name, columns, label + number)) not in taken)


def clipped(name: str) -> str:
    """The name that PostgreSQL gives to what is to be called ``name``: 63 bytes of it, as whole characters."""
    return _clip(name.encode(), _MAX)


def _clip(text: bytes, length: int) -> str:
    """The characters that lie in the first ``length`` bytes as a whole."""
    return text[:length].decode(errors="ignore")


def unquoted(text: str) -> tuple[str, ...]:
    """The parts of a name as PostgreSQL prints it: ("public", "User") of ``public."User"``."""
    parts = re.findall(r'"(?:[^"]|"")*"|[^."]+', text)
    return tuple(part[1:-1].replace('""', '"') if part.startswith('"') else part for part in parts)
