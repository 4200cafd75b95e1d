"""Whether two expressions that PostgreSQL prints differently are the same: the server is asked.

PostgreSQL prints an expression as it was parsed: ``'0'::bigint`` and ``0``, ``now()`` and ``CURRENT_TIMESTAMP``, or a
list of values that was once copied from its own output, come out in two ways and mean one thing.
"""

import re
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import sql

from schemaproof.catalog import Difference, Identity, Value
from schemaproof.catalog.values import Attributes

_NAME = "schemaproof_settled"  # of what is made here, and rolled back

# What a value now does not tell the meaning of: who asks, and what a function of the project's own returns. The search
# path is empty where defaults are printed, so those have their schema's name before them.
_PERSONAL = re.compile(r'\b(current_user|session_user|current_role|user|current_setting)\b|[\w"]\.[\w"]+\s*\(', re.I)

_ZONES = ("Etc/GMT+12", "Etc/GMT-14")  # twelve hours behind UTC, and fourteen before it

type _Connection = psycopg.Connection[Any]


def same(connection: _Connection, difference: Difference, attributes: Attributes) -> bool:
    """Whether the server of the model's database says that both sides of ``difference`` are one.

    Args:
        connection: to a database that has the object; nothing is left of what is done there.
        difference: of an object that is on both sides.
        attributes: the object's on the model's side.
    """
    identity, before, after = difference.identity, difference.before, difference.after
    if not before or not after:
        return False
    match identity.kind, difference.attribute:
        case "column", "default":
            return same_default(connection, str(attributes["type"]), str(before), str(after))
        case "constraint", "definition" if attributes.get("type") == "CHECK" and identity.parent:
            return same_check(connection, identity, before, after)
        case "index", "predicate" | "columns":
            return _rolled_back(connection, lambda: _indexes(connection, difference, attributes))
    return False


def same_check(connection: _Connection, identity: Identity, one: Value, other: Value) -> bool:
    """Whether both definitions of a CHECK constraint on the table of ``identity`` are one."""
    return _rolled_back(connection, lambda: _checks(connection, identity, one, other))


def same_default(connection: _Connection, kind: str, one: str, other: str) -> bool:
    """Whether both expressions give a column of the type ``kind`` the same value, whenever they are asked.

    They are asked twice within a transaction, in which a sequence or random() does not agree with itself, and in two
    time zones of which one has at any moment another date than UTC.
    """
    if _PERSONAL.search(one) or _PERSONAL.search(other):
        return False

    def ask() -> bool:
        query = f"SELECT (({one})::{kind})::text, (({other})::{kind})::text"
        for zone in _ZONES:
            _row(connection, "SELECT set_config('TimeZone', %s, true)", zone)
            answers = {value for _ in range(2) for value in _row(connection, query)}
            if len(answers) != 1 or None in answers:
                return False
        return True

    return _rolled_back(connection, ask)


def printed_default(connection: _Connection, kind: str, expression: str) -> str | None:
    """How PostgreSQL prints ``expression`` as the default of a column of this type; None where it refuses it."""
    printed: list[str] = []

    def ask() -> bool:
        _run(connection, f"CREATE TEMPORARY TABLE {_NAME} (value {kind} DEFAULT {expression})")
        query = "SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = %s::regclass"
        printed.extend(_row(connection, query, f"pg_temp.{_NAME}"))
        return True

    return printed[0] if _rolled_back(connection, ask) else None


def _rolled_back(connection: _Connection, ask: Callable[[], bool]) -> bool:
    """What ``ask`` says; False where the server refuses it, which leaves the difference as it is."""
    answer = False
    try:
        with connection.transaction(force_rollback=True):
            connection.execute("SET LOCAL search_path TO ''")
            answer = ask()
    except psycopg.Error:
        return False
    return answer


def _checks(connection: _Connection, identity: Identity, *definitions: Value) -> bool:
    table, name = _quoted(identity.schema, identity.parent), _quoted(_NAME)
    settled = []  # what PostgreSQL prints of an expression of its own is the same from then on
    for given in definitions:
        _run(connection, f"ALTER TABLE {table} ADD CONSTRAINT {name} {given} NOT VALID")
        settled.append(
            _row(connection, "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", _NAME)
        )
        _run(connection, f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    return settled[0] == settled[1]


def _indexes(connection: _Connection, difference: Difference, attributes: Attributes) -> bool:
    settled = []
    name = _quoted(difference.identity.schema, _NAME)
    for value in (difference.before, difference.after):
        _run(connection, _index(difference.identity, {**attributes, difference.attribute: value}))
        settled.append(_row(connection, "SELECT pg_get_indexdef(%s::regclass)", name))
        _run(connection, f"DROP INDEX {name}")
    return settled[0] == settled[1]


def _index(identity: Identity, attributes: Attributes) -> str:
    """The statement that makes an index with these keys and this predicate; the rest is the same on both sides."""
    keys = attributes["columns"]
    assert isinstance(keys, tuple)  # noqa: S101 (the catalog's own)
    table, predicate = _quoted(identity.schema, identity.parent), attributes.get("predicate")
    where = f" WHERE {predicate}" if predicate else ""
    return (
        f"CREATE INDEX {_quoted(_NAME)} ON {table} USING {_quoted(str(attributes['method']))}"
        f" ({', '.join(map(str, keys))}){where}"
    )


def _quoted(*names: str) -> str:
    return sql.Identifier(*names).as_string()


def _run(connection: _Connection, statement: str) -> None:
    connection.execute(statement.encode())  # bytes: composed of what PostgreSQL printed, not of anybody's input


def _row(connection: _Connection, query: str, *values: str) -> tuple[Any, ...]:
    row: tuple[Any, ...] | None = connection.execute(query.encode(), values or None).fetchone()
    assert row is not None  # noqa: S101 (each of these queries has one row)
    return row
