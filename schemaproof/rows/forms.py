"""Values that are legal but awkward: as long or as exact as the type takes them, or equal but for a little."""

from collections.abc import Callable, Mapping
from typing import Literal

from schemaproof.rows.tables import Column
from schemaproof.rows.types import Type
from schemaproof.rows.values import UnknownTypeError, text_of

# "long": as much as the type takes, within reason. "upper", "blank": the plain text but for case, or with a blank.
type Form = Literal["plain", "long", "upper", "blank"]

_HEADER = 4  # what the modifiers of varchar and numeric are greater by (VARHDRSZ)
_LONGEST = 300  # characters of a text without a limit
_TEXTS = frozenset({"text", "varchar", "bpchar", "citext"})
_WHOLE_DIGITS = 5  # of a numeric: more than fit where a type gets narrower, few enough to multiply with
_FRACTION = "987654321987654321"


def formed(types: Mapping[int, Type], column: Column, number: int, form: Form) -> str | None:
    """The text of a value of the column with this number in this form; None where the type has none of it.

    No value is so great that usual arithmetic overflows: that an amount times 100 fits is not a migration's business.
    """
    kind = types.get(column.type)
    if kind is None or kind.kind != "b" or kind.element:
        return None
    try:
        plain = text_of(types, column.type, column.modifier, number)
    except UnknownTypeError:
        return None
    if kind.name in _TEXTS:
        limit = column.modifier - _HEADER if column.modifier >= _HEADER else _LONGEST
        # A few characters are left: that a suffix fits is not a migration's business either.
        return _text(plain, min(limit - limit // 8, _LONGEST) if form == "long" else limit, form)
    if form != "long":
        return None
    make = _LONG.get(kind.name)
    return make(number, column.modifier) if make else None


def _text(plain: str, limit: int, form: Form) -> str | None:
    if form == "upper":
        return plain.upper()
    if form == "blank":
        return f"{plain} " if len(plain) < limit else None
    body = f"{plain.capitalize()} "
    return (body + "Long'" * limit)[:limit] if limit > len(body) + 1 else None


def _numeric(number: int, modifier: int) -> str:
    if modifier < 0:
        return f"{number + 1}.{_FRACTION[:9]}"
    precision, scale = (modifier - _HEADER) >> 16, (modifier - _HEADER) & 0x7FF
    if scale > precision or scale & 0x400:
        return "0"
    whole = min(precision - scale, _WHOLE_DIGITS)
    digits = str(10**whole - 1 - number % 10**whole) if whole else "0"
    return f"{digits}.{_FRACTION[:scale]}" if scale else digits


def _second(number: int) -> str:
    return f"21:{number % 60:02}:36.123456"


_LONG: Mapping[str, Callable[[int, int], str]] = {
    "numeric": _numeric,
    "float8": lambda number, _: f"{number + 1}.1234567890123",
    "int4": lambda number, _: str(70_000 + number),
    "int8": lambda number, _: str(3_000_000_000 + number),
    "timestamp": lambda number, _: f"2019-06-15 {_second(number)}",
    "timestamptz": lambda number, _: f"2019-06-15 {_second(number)}+00",
    "time": lambda number, _: _second(number),
    "json": lambda number, _: f'{{"number": {number + 1}, "text": "a \\"quoted\\" one", "list": [1, null]}}',
    "jsonb": lambda number, _: f'{{"list": [1, null], "text": "a \\"quoted\\" one", "number": {number + 1}}}',
}
