"""What else a column may be given where its table refuses the plain value: above all what its checks mention."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from json import dumps

from schemaproof.rows.tables import Column, Table
from schemaproof.rows.types import Type, domains
from schemaproof.rows.values import array_of

# A value's text; None is NULL; n is the plain value that the row has n rows further on.
type Choice = str | int | None

_STRING = re.compile(r"'((?:[^']|'')*)'")
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w.])")
# By these a check tells the values that it accepts: the column alone, perhaps cast, on the left.
_EQUALS = re.compile(r"""\((?:\((?:\w+|"[^"]*")\)::[a-z ]+|\w+|"[^"]*") = (?:ANY|\(*'|\(*-?\d)""")
_LONGEST = 1000  # characters; a number in a check of a text may be its length


@dataclass(frozen=True)
class Literals:
    """What an expression mentions, each in its order."""

    strings: tuple[str, ...]
    numbers: tuple[Decimal, ...]


def literals(expression: str) -> Literals:
    """The literals in an expression as the server prints it: negative numbers are strings there."""
    strings = [body.replace("''", "'") for body in _STRING.findall(expression)]
    numbers = _NUMBER.findall(_QUOTED.sub("", _STRING.sub("", expression)))
    numbers += [text for text in strings if _NUMBER.fullmatch(text)]
    return Literals(tuple(dict.fromkeys(strings)), tuple(dict.fromkeys(Decimal(text) for text in numbers)))


class Choices:
    """What the columns of one table may be given."""

    def __init__(self, types: Mapping[int, Type], table: Table) -> None:
        self._types = types
        self._table = table

    def preferred(self, column: Column, number: int) -> str | None:
        """The value for the row of this number where a check of this column alone lists what it accepts."""
        found = self.listed(column)
        return found[number % len(found)] if found else None

    def listed(self, column: Column) -> list[str]:
        """What a check of this column alone lists as what it accepts; empty where none does."""
        listing = [text for text in self._definitions(column, alone=True) if _EQUALS.search(text)]
        return [text for one in listing for text in self._mentioned(column, literals(one))]

    def of(self, column: Column, number: int) -> list[Choice]:
        """All of them for the row of this number, the likely ones first, and first another one in each row."""
        found: list[str] = []
        for definition in self._definitions(column, alone=False):
            mentioned = literals(definition)
            for turned in (self._mentioned(column, mentioned), self._near(column, mentioned, number)):
                start = number % max(len(turned), 1)
                found += turned[start:] + turned[:start]
        found += self._usual(column, number)
        usable: list[Choice] = [] if column.generated else [*dict.fromkeys(found)]
        # Early: a check of several columns is often about which of them are NULL together.
        return [*usable[:4], *([] if column.required else [None]), 0, 1, *usable[4:], 2, 3]

    def _definitions(self, column: Column, *, alone: bool) -> list[str]:
        rules = [rule for rules in self._table.rules.values() for rule in rules if column.name in rule.columns]
        own = [rule.definition for rule in rules if not alone or rule.columns == (column.name,)]
        return [text for text in own if text] + [
            text for one in domains(self._types, column.type) for text in one.checks
        ]

    def _kind(self, column: Column) -> Type | None:
        above = domains(self._types, column.type)
        return self._types.get(above[-1].base or 0) if above else self._types.get(column.type)

    def _mentioned(self, column: Column, mentioned: Literals) -> list[str]:
        """What a check may compare the whole column with."""
        kind = self._kind(column)
        if kind is None or kind.category == "B":
            return []
        if kind.category == "N":
            return [format(number, "f") for number in mentioned.numbers]
        if kind.category == "E":
            return [text for text in mentioned.strings if text in kind.labels]
        if kind.category == "A":
            return [array_of([text]) for text in mentioned.strings]
        if kind.name in {"json", "jsonb"}:
            return [dumps(dict.fromkeys(mentioned.strings, "text"))] if mentioned.strings else []
        return list(mentioned.strings)

    def _near(self, column: Column, mentioned: Literals, number: int) -> list[str]:
        """What is just beside the literals, or of the length that they say."""
        category = kind.category if (kind := self._kind(column)) else ""
        if category == "N":
            return [format(one + step, "f") for one in mentioned.numbers for step in (1, -1)]
        if category == "S":
            letter = chr(ord("a") + number % 26)
            return [letter * int(one) for one in mentioned.numbers if 0 < one <= _LONGEST]
        if category == "D":
            days = [day for text in mentioned.strings if (day := _day(text))]
            return [(day + timedelta(days=step + step * number)).isoformat() for day in days for step in (1, -1)]
        return []

    def _usual(self, column: Column, number: int) -> list[str]:
        """What checks ask for without a literal of it: the forms of texts, the kinds of JSON, the future."""
        kind = self._kind(column)
        letter, category = chr(ord("a") + number % 26), kind.category if kind else ""
        if kind and kind.name in {"json", "jsonb"}:
            return [f"[{number + 1}]", "{}", "[]", f'"{letter}"', str(number + 1), "true"]
        if category == "S" or (kind and kind.name == "citext"):
            mail, url = f"{letter}@example.com", f"https://example.com/{letter}"
            return [letter * 3, str(number + 1), mail, url, letter.upper() * 3, f"#{number:06}", f"+4930{number:07}"]
        if category == "D":
            return [f"{2900 + number % 99}-01-01"]
        return {"B": ["true", "false"], "N": ["0", "-1"], "E": kind.labels if kind else [], "A": ["{}"]}.get(
            category, []
        )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
