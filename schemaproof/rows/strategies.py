"""Hypothesis strategies for values by type, in the text form that PostgreSQL reads."""

from collections.abc import Callable, Mapping
from json import dumps

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from schemaproof.rows.edges import edges, quoted
from schemaproof.rows.types import Type
from schemaproof.rows.values import text_of

_NUMBERS = st.integers(0, 9999)
_LONGEST = 1000  # characters
# Every code point that PostgreSQL takes.
TEXTS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
_JSON: SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(TEXTS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(TEXTS), inner, max_size=4),
    max_leaves=10,
)


def values(types: Mapping[int, Type], oid: int, modifier: int = -1) -> SearchStrategy[str]:
    """Any value of a type, hostile ones included: ``"0"``, ``"-2147483648"``; the plainest one is the simplest.

    What a domain's checks refuse is not left out: that takes a server, see ``Population``.

    Args:
        types: all types of the database, as ``read_types`` gives them.
        oid: the type's.
        modifier: a column's ``atttypmod``: its length, precision, ...; -1 for none.

    Raises:
        UnknownTypeError: for a type of which no value is known.
    """
    kind = types.get(oid)
    if kind is not None and kind.base:
        return values(types, kind.base, kind.modifier)
    text_of(types, oid, modifier, 0)
    plain = _NUMBERS.map(lambda number: text_of(types, oid, modifier, number))
    hard = edges(types, oid, modifier)
    parts = [plain, *([st.sampled_from(hard)] if hard else [])]
    if kind is not None and kind.element and kind.category == "A":
        parts.append(_arrays(values(types, kind.element, modifier), kind.delimiter or ","))
    elif kind is not None and kind.kind == "c":
        inner = [values(types, *one) for one in zip(kind.attributes, kind.modifiers, strict=True)]
        parts.append(st.tuples(*(st.none() | one for one in inner)).map(_row))
    elif kind is not None and kind.kind == "b" and kind.name in _BASE:
        parts.append(_BASE[kind.name](modifier))
    return st.one_of(*parts)


def _arrays(elements: SearchStrategy[str], delimiter: str) -> SearchStrategy[str]:
    """Arrays of one dimension, and of two."""
    some = st.lists(st.none() | elements, max_size=4)

    def write(lists: list[list[str | None]]) -> str:
        width = min(map(len, lists))
        inner = ["{" + delimiter.join(_element(one) for one in row[:width]) + "}" for row in lists]
        return inner[0] if len(inner) == 1 or not width else "{" + delimiter.join(inner) + "}"

    return st.lists(some, min_size=1, max_size=3).map(write)


def _element(text: str | None) -> str:
    return "NULL" if text is None else quoted(text)


def _row(values: tuple[str | None, ...]) -> str:
    return "(" + ",".join("" if one is None else quoted(one) for one in values) + ")"


def _texts(modifier: int) -> SearchStrategy[str]:
    return st.text(TEXTS, max_size=min(modifier - 4, _LONGEST) if modifier >= 0 else _LONGEST)


def _integers(bits: int) -> Callable[[int], SearchStrategy[str]]:
    return lambda _: st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1).map(str)


def _numerics(modifier: int) -> SearchStrategy[str]:
    if modifier < 0:
        return st.decimals(allow_nan=True, allow_infinity=False).map(lambda one: "NaN" if one.is_nan() else str(one))
    precision, scale = (modifier - 4) >> 16, (modifier - 4) & 0x7FF
    scale = (scale ^ 0x400) - 0x400
    greatest = 10**precision - 1
    return st.integers(-greatest, greatest).map(lambda number: f"{number}e{-scale}")


def _bits(modifier: int) -> SearchStrategy[str]:
    return st.text("01", min_size=max(modifier, 1), max_size=max(modifier, 1))


_BASE: Mapping[str, Callable[[int], SearchStrategy[str]]] = {
    "bit": _bits,
    "bpchar": _texts,
    "bytea": lambda _: st.binary(max_size=100).map(lambda body: "\\x" + body.hex()),
    "citext": _texts,
    "date": lambda _: st.dates().map(lambda day: day.isoformat()),
    "float4": lambda _: st.floats(width=32).map(repr),
    "float8": lambda _: st.floats().map(repr),
    "inet": lambda _: st.ip_addresses().map(str),
    "int2": _integers(16),
    "int4": _integers(32),
    "int8": _integers(64),
    "json": lambda _: _JSON.map(dumps),
    "jsonb": lambda _: _JSON.map(dumps),
    "numeric": _numerics,
    "text": lambda _: _texts(-1),
    "time": lambda _: st.times().map(lambda time: time.isoformat()),
    "timestamp": lambda _: st.datetimes().map(lambda moment: moment.isoformat()),
    "timestamptz": lambda _: st.datetimes().map(lambda moment: moment.isoformat() + "+00"),
    "uuid": lambda _: st.uuids().map(str),
    "varbit": lambda modifier: st.text("01", max_size=modifier if modifier >= 0 else 100),
    "varchar": _texts,
}
