"""The values at a type's edges, in text form: limits, what is empty, what is hard to quote, to print or to compare."""

from collections.abc import Callable, Mapping

from schemaproof.rows.types import Type
from schemaproof.rows.values import UnknownTypeError, text_of

_LONG = 255  # characters: what is long for a text and yet fits into any index
_HEADER = 4  # VARHDRSZ, by which the modifiers of varchar and numeric are greater

# No NUL and no surrogates: PostgreSQL takes neither (manual, 8.3 and 23.3).
TEXTS = [
    *("a", "", " ", "'; DROP TABLE t; --", '"', "\\", "\\N", "NULL", "%s %(a)s :a {}", "\n\t\r", "\x01\x7f", "0", "A"),
    *("\u00e9", "e\u0301", "\u202e\u05d0b", "\U0001f600", "\U0010ffff", "\ufeff", "\ufffe\uffff", "\u00df\u0130"),
    *("\U0001f468\u200d\U0001f469\u200d\U0001f467", "<a>&amp;</a>", '{"a": 1}', "a" * _LONG),
]

_JSON = [
    *("{}", "[]", "null", '""', "0", "true", '{"a": 1, "a": 2}', '{"": {"": [[], {}, null]}}', '"\\ud83d\\ude00"'),
    *('{"\\u00e9\\"\\\\": "\\n"}', "1e400", "-0.0", "123456789012345678901234567890.123456789", '["a", 1, null, {}]'),
    "[" * 100 + "]" * 100,
]

_DAYS = ["2000-02-29", "1969-12-31", "0001-01-01", "4714-11-24 BC", "infinity", "-infinity"]
_MOMENTS = [
    *("2000-02-29 23:59:59.999999", "1970-01-01 00:00:00", "0001-01-01 00:00:00", "4714-11-24 00:00:00 BC"),
    *("294276-12-31 23:59:59.999999", "infinity", "-infinity"),
]
_FLOATS = ["0", "-0", "-1.5", "0.1", "NaN", "Infinity", "-Infinity"]
_ADDRESSES = ["0.0.0.0/0", "255.255.255.255", "::/0", "2001:db8::1/128"]

# By the type's bare name; what a server of an older version does not know is left out when values are tried on it.
_BASE: Mapping[str, list[str]] = {
    "bool": ["false", "true"],
    "box": ["(0,0),(0,0)", "(1,1),(-1,-1)"],
    "bytea": ["\\x", "\\x00", "\\xff", "\\x5c27", "\\x" + "00ff" * 100],
    "char": ["", "a", "'"],
    "cidr": ["0.0.0.0/0", "255.255.255.255/32", "::/0", "2001:db8::/32"],
    "circle": ["<(0,0),0>"],
    "citext": TEXTS,
    "date": [*_DAYS, "5874897-12-31"],
    "float4": [*_FLOATS, "3.4028235e+38", "1e-45"],
    "float8": [*_FLOATS, "1.7976931348623157e+308", "5e-324", "0.30000000000000004"],
    "hstore": ["", '"a"=>NULL', '""=>"\\""'],
    "inet": [*_ADDRESSES, "10.0.0.1/8", "::ffff:1.2.3.4"],
    "int2": ["0", "-1", "32767", "-32768"],
    "int4": ["0", "-1", "2147483647", "-2147483648"],
    "int8": ["0", "-1", "9223372036854775807", "-9223372036854775808", "4294967296"],
    "interval": [
        *("0", "1 mon -1 day 00:00:00.000001", "-1 years -2 mons", "178000000 years", "-178000000 years"),
        *("24:00:00", "1 day", "infinity"),
    ],
    "json": _JSON,
    "jsonb": _JSON,
    "jsonpath": ["$", "strict $[*].a ? (@ > 1)"],
    "ltree": ["", "a.b.c"],
    "macaddr": ["00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"],
    "macaddr8": ["00:00:00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff:ff:ff"],
    "money": ["0", "-92233720368547758.08", "92233720368547758.07"],
    "name": ["", "a" * 63, '"'],
    "oid": ["0", "4294967295"],
    "path": ["[(0,0)]", "((0,0),(1,1))"],
    "pg_lsn": ["0/0", "FFFFFFFF/FFFFFFFF"],
    "point": ["(0,0)", "(NaN,Infinity)", "(-0,1e300)"],
    "polygon": ["((0,0))"],
    "text": TEXTS,
    "time": ["00:00:00", "24:00:00", "23:59:59.999999"],
    "timetz": ["00:00:00+15:59", "24:00:00-15:59", "23:59:59.999999+00"],
    "tsquery": ["", "'a' & !'b' | 'it''s':*A"],
    "tsvector": ["", "'a':1A,2 'b c' 'it''s'"],
    "uuid": ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"],
    "xid": ["0", "4294967295"],
    "xml": ["", "a", "<a b='c'/>", "<a><![CDATA[<]]></a>"],
}


def edges(types: Mapping[int, Type], oid: int, modifier: int = -1) -> list[str]:
    """The hard values of a type in text form, those of any type that it is made of among them; [] where none is known.

    What a domain's checks refuse is not left out.

    Args:
        types: all types.
        oid: the type's.
        modifier: a column's ``atttypmod``: its length, precision, ...; -1 for none.
    """
    kind = types.get(oid)
    if kind is None:
        return []
    if kind.base:
        return edges(types, kind.base, kind.modifier)
    if kind.element and kind.category == "A":
        return _arrays(_some(types, kind.element, modifier), kind.delimiter or ",")
    if kind.name in _SHAPED:
        return _SHAPED[kind.name](modifier)
    return _BASE[kind.name] if kind.kind == "b" and kind.name in _BASE else _made_of_others(types, kind)


def _made_of_others(types: Mapping[int, Type], kind: Type) -> list[str]:
    if kind.kind == "e":
        return list(kind.labels)
    if kind.kind == "r" and kind.inner:
        low, high = _plain(types, kind.inner, -1, 0), _plain(types, kind.inner, -1, 9)
        ends = [f"[{low},{high}]", f"({low},{high})", f"[{low},{low}]", f"[{high},)", f"(,{low}]"] if low else []
        return ["empty", "(,)", *ends]
    if kind.kind == "m" and kind.inner:
        return ["{}", "{(,)}", *("{" + one + "}" for one in edges(types, kind.inner)[2:4])]
    if kind.kind == "c":
        inner = list(zip(kind.attributes, kind.modifiers, strict=True))
        hard = [(edges(types, *one) or [""])[0] for one in inner]
        return ["(" + "," * (len(inner) - 1) + ")", "(" + ",".join(map(quoted, hard)) + ")"]
    return []


def _some(types: Mapping[int, Type], oid: int, modifier: int) -> list[str]:
    """A few values of an array's elements."""
    hard = edges(types, oid, modifier)
    return [one for one in [_plain(types, oid, modifier, 0), *hard[:6], *hard[-2:]] if one is not None]


def _plain(types: Mapping[int, Type], oid: int, modifier: int, number: int) -> str | None:
    try:
        return text_of(types, oid, modifier, number)
    except UnknownTypeError:
        return None


def _arrays(some: list[str], delimiter: str) -> list[str]:
    """Empty, of NULLs, of several elements, of two dimensions, with bounds of its own."""
    if not some:
        return ["{}", "{NULL}"]
    first, all_of_them = quoted(some[0]), delimiter.join(map(quoted, some))
    return [
        *("{}", "{NULL}", "{" + f"{first}{delimiter}NULL" + "}", "{" + all_of_them + "}"),
        "{{" + first + "}" + delimiter + "{NULL}}",
        "[-1:0]={" + first + delimiter + first + "}",
    ]


def quoted(text: str) -> str:
    """An element of an array or of a row, quoted (manual, 8.15.6 and 8.16.6)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _texts(modifier: int) -> list[str]:
    if modifier < 0:
        return TEXTS
    limit = modifier - _HEADER
    longest = ["a" * limit, "\U0001f600" * limit] if limit <= _LONG else []
    return list(dict.fromkeys([*(text[:limit] for text in TEXTS), *longest]))


def _numerics(modifier: int) -> list[str]:
    if modifier < 0:
        return ["0", "-1", "0.1", "NaN", "Infinity", "-Infinity", "1e400", "1e-400", "12345678901234567890.123456789"]
    precision, scale = (modifier - _HEADER) >> 16, (modifier - _HEADER) & 0x7FF
    scale = (scale ^ 0x400) - 0x400  # since PostgreSQL 15 it may be negative, in 11 bits
    greatest = f"{'9' * precision}e{-scale}"
    return ["0", f"1e{-scale}", greatest, f"-{greatest}", "NaN"]


def _bits(modifier: int) -> list[str]:
    length = max(modifier, 1)
    return ["0" * length, "1" * length, "01" * (length // 2) + "1" * (length % 2)]


def _moments(modifier: int, zone: str = "") -> list[str]:
    texts = [one if modifier < 0 else one.replace(".999999", "") for one in _MOMENTS]  # rounding would leave the range
    return [
        one if "inf" in one else one.removesuffix(" BC") + zone + (" BC" if one.endswith(" BC") else "")
        for one in texts
    ]


def _one_bit_strings(modifier: int) -> list[str]:
    return ["", "0", *(_bits(modifier) if modifier >= 0 else ["1" * 100])]


_SHAPED: Mapping[str, Callable[[int], list[str]]] = {
    "bit": _bits,
    "bpchar": _texts,
    "numeric": _numerics,
    "timestamp": _moments,
    "timestamptz": lambda modifier: _moments(modifier, "+00"),
    "varbit": _one_bit_strings,
    "varchar": _texts,
}
