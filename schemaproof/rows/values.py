"""Values by type, in the text form that PostgreSQL reads whatever its settings are."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal

from schemaproof.rows.types import Type

_VARIABLE_HEADER = 4  # what the modifiers of varchar, bpchar and numeric are greater by (VARHDRSZ)


class UnknownTypeError(Exception):
    """No value of the type is known; ``args[0]`` is the type's name."""


def text_of(types: Mapping[int, Type], oid: int, modifier: int, number: int) -> str:
    """The value with this number, of 0 and more, of the type; others for other numbers, as far as there are any.

    Args:
        types: all types.
        oid: the type's.
        modifier: a column's ``atttypmod``.
        number: which value.

    Raises:
        UnknownTypeError: for a type that no rule here is for.
    """
    kind = types.get(oid)
    if kind is None:
        raise UnknownTypeError(f"with the oid {oid}")
    if kind.base:
        return text_of(types, kind.base, kind.modifier, number)
    if kind.element:
        return array_of([text_of(types, kind.element, modifier, number)])
    if kind.kind == "b" and kind.name in _BASE:
        return _BASE[kind.name](number, modifier)
    return _made_of_others(types, kind, number)


def _made_of_others(types: Mapping[int, Type], kind: Type, number: int) -> str:
    """A value of an enum, a range, a multirange or a composite type."""
    if kind.kind == "e" and kind.labels:
        return kind.labels[number % len(kind.labels)]
    if kind.kind == "r" and kind.inner:
        # Ranges with other numbers don't overlap: an EXCLUDE constraint accepts them.
        ends = [text_of(types, kind.inner, -1, 2 * number + end) for end in (0, 1)]
        return "[" + ",".join(map(_quoted, ends)) + ")"
    if kind.kind == "m" and kind.inner:
        return "{" + text_of(types, kind.inner, -1, number) + "}"
    if kind.kind == "c":
        inner = zip(kind.attributes, kind.modifiers, strict=True)
        return "(" + ",".join(_quoted(text_of(types, one, mod, number)) for one, mod in inner) + ")"
    raise UnknownTypeError(kind.printed)


def array_of(elements: list[str]) -> str:
    """An array of them; they never hold what stands between two, and so need not know it."""
    return "{" + ",".join(map(_quoted, elements)) + "}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _characters(number: int, modifier: int) -> str:
    text, limit = f"text {number + 1}", modifier - _VARIABLE_HEADER
    return text if modifier < 0 or len(text) <= limit else chr(ord("a") + number % 26)


def _numeric(number: int, modifier: int) -> str:
    if modifier < 0:
        return str(number + 1)
    precision, scale = (modifier - _VARIABLE_HEADER) >> 16, (modifier - _VARIABLE_HEADER) & 0x7FF
    scale = (scale ^ 0x400) - 0x400  # since PostgreSQL 15 it may be negative, in 11 bits
    whole = 0 <= scale < precision
    greatest = 10 ** (precision - scale if whole else precision) - 1
    return format(Decimal(number % greatest + 1).scaleb(0 if whole else -scale), "f")


def _bits(number: int, modifier: int) -> str:
    length = max(modifier, 1) if modifier >= 0 else 8
    return format((number + 1) % 2**length, "b").zfill(length)


def _one_bit_string(number: int, modifier: int) -> str:
    return _bits(number, min(modifier, 8) if modifier >= 0 else 8)


def _day(number: int) -> str:
    return (date(2001, 1, 1) + timedelta(days=number)).isoformat()


def _time(number: int) -> str:
    return f"{number // 60 % 24:02}:{number % 60:02}:00"


def _interval(number: int) -> str:
    # Of every field something: INTERVAL YEAR or HOUR TO SECOND drops the others.
    return f"{number + 1} years {number + 1} mons {number + 1} days {number % 24:02}:{number % 60:02}:{number % 60:02}"


def _vector(number: int, modifier: int) -> str:
    return "[" + ",".join([str(number + 1)] * max(modifier, 1)) + "]"


def _address(number: int) -> str:
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def _hex(number: int, pairs: int) -> str:
    return (number % (1 << 8 * pairs)).to_bytes(pairs).hex(":")


def _pattern(pattern: str) -> Callable[[int, int], str]:
    """One more than the number wherever the pattern says @."""
    return lambda number, _: pattern.replace("@", str(number + 1))


def _of(function: Callable[[int], str]) -> Callable[[int, int], str]:
    return lambda number, _: function(number)


_PATTERNS = {
    "@": "int2 int4 int8 oid xid xid8 cid money int2vector oidvector regclass regproc regprocedure regoper regoperator"
    " regtype regrole regnamespace regconfig regdictionary regcollation seg",
    "@.5": "float4 float8",
    "name @": "name refcursor",
    "word@": "tsvector tsquery ltree lquery ltxtquery",
    '{"number": @}': "json jsonb",
    "$.a@": "jsonpath",
    "<number>@</number>": "xml",
    "(@,@)": "point tid",
    "{@,1,1}": "line",
    "[(0,0),(@,@)]": "lseg path",
    "(0,0),(@,@)": "box",
    "((0,0),(@,0),(0,@))": "polygon",
    "<(0,0),@>": "circle",
    "@:@:": "pg_snapshot txid_snapshot",
    "number=>@": "hstore",
    "(@)": "cube",
    "POINT(@ @)": "geometry geography",
}

_BASE: Mapping[str, Callable[[int, int], str]] = {
    **{name: _pattern(pattern) for pattern, names in _PATTERNS.items() for name in names.split()},
    "bit": lambda number, modifier: _bits(number, modifier if modifier >= 0 else 1),
    "bool": _of(lambda number: "false" if number % 2 else "true"),
    "bpchar": _characters,
    "bytea": _of(lambda number: "\\x" + _hex(number, 4).replace(":", "")),
    "char": _of(lambda number: chr(ord("a") + number % 26)),
    "cidr": _of(lambda number: f"{_address(number)}/32"),
    "citext": _characters,
    "date": _of(_day),
    "halfvec": _vector,
    "inet": _of(_address),
    "interval": _of(_interval),
    "macaddr": _of(lambda number: _hex(number, 6)),
    "macaddr8": _of(lambda number: _hex(number, 8)),
    "numeric": _numeric,
    "pg_lsn": _of(lambda number: f"0/{number + 1:X}"),
    "text": lambda number, _: _characters(number, -1),
    "time": _of(_time),
    "timestamp": _of(lambda number: f"{_day(number)} {_time(number)}"),
    "timestamptz": _of(lambda number: f"{_day(number)} {_time(number)}+00"),
    "timetz": _of(lambda number: f"{_time(number)}+00"),
    "uuid": _of(lambda number: f"00000000-0000-4000-8000-{number + 1:012x}"),
    "varbit": _one_bit_string,
    "varchar": _characters,
    "vector": _vector,
}
