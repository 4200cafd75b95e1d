"""Other values of a type, made from one on the server: the n-th of two values differ where these do."""

from collections.abc import Mapping

from psycopg import sql

from schemaproof.rows.tables import Column
from schemaproof.rows.types import Type, domains

# Further than a table's first rows are apart, and 10,000 times that fits into an integer.
_STRIDE = 100_003
_SMALL = 13  # likewise for a smallint and a thousand times
_DIGITS = 4  # hexadecimal: 65,536 values
_HEADER = 4  # bytes that the modifier of a text type counts besides its characters. Manual, pg_attribute

# {0} is the value; again.n the number.
_BY_TYPE = {
    "int2": f"({{0}} + (again.n * {_SMALL}) % 32000)::int2",
    "int4": f"{{0}} + again.n::int * {_STRIDE}",
    "int8": f"{{0}} + again.n::int8 * {_STRIDE}",
    "numeric": "{0} + again.n",
    "float4": "{0} + again.n",
    "float8": "{0} + again.n",
    "uuid": "md5({0}::text || '-' || again.n)::uuid",
    "date": "{0} + again.n::int",
    "timestamp": "{0} + again.n * interval '1 hour'",
    "timestamptz": "{0} + again.n * interval '1 hour'",
    "bytea": "{0} || int4send(again.n::int)",
    "inet": "{0} + again.n::int8",
    "int4range": f"int4range(lower({{0}}) + again.n::int * {_STRIDE}, upper({{0}}) + again.n::int * {_STRIDE})",
    "int8range": f"int8range(lower({{0}}) + again.n::int8 * {_STRIDE}, upper({{0}}) + again.n::int8 * {_STRIDE})",
    "daterange": "daterange(lower({0}) + again.n::int * 400, upper({0}) + again.n::int * 400)",
    "tsrange": "tsrange(lower({0}) + again.n * interval '400 days', upper({0}) + again.n * interval '400 days')",
    "tstzrange": "tstzrange(lower({0}) + again.n * interval '400 days', upper({0}) + again.n * interval '400 days')",
}


def shifted(types: Mapping[int, Type], column: Column, value: sql.Composable) -> sql.Composable | None:
    """The expression for the n-th (``again.n``) other value, made from ``value``; None where none is known.

    Equal values have equal n-th ones, whatever the table: what refers to a value refers to its n-th one as well.
    """
    kind, modifier = types[column.type], column.modifier
    for domain in domains(types, column.type):
        modifier = domain.modifier if modifier < 0 else modifier
        kind = types[domain.base] if domain.base else kind
    if kind.category == "S":
        return _text(kind, modifier, value)
    template = _BY_TYPE.get(kind.name)
    return None if template is None else sql.SQL(template).format(value)


def _text(kind: Type, modifier: int, value: sql.Composable) -> sql.Composable | None:
    length = modifier - _HEADER if kind.name in {"varchar", "bpchar"} and modifier >= 0 else 63
    if length <= _DIGITS:
        return None
    # A text, which INSERT makes one of the column's type: ::character would be one of a single character.
    return sql.SQL("left({}::text, {}) || lpad(to_hex(again.n), {}, '0')").format(value, length - _DIGITS, _DIGITS)
