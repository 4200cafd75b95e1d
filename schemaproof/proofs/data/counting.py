"""The query that counts, in production, the rows that a migration fails on."""

import re
from collections.abc import Iterator

from schemaproof.catalog import Catalog, Identity
from schemaproof.catalog.values import Attributes
from schemaproof.migration.environment import sqlstate
from schemaproof.migration.stairway import Stairs
from schemaproof.proofs.data.refusals import said
from schemaproof.proofs.data.showing import identifier, quoted_name
from schemaproof.proofs.data.snapshot import Name

# What the server says, whichever driver brought it: 'Key (email)=(a@b) is duplicated.', '... already exists.'
_KEY = re.compile(r"Key \((.+?)\)=\(")
_TOO_LONG = re.compile(r"too long for type (character(?: varying)?\((\d+)\))")
_OUT_OF_RANGE = re.compile(r"\b(smallint|integer|bigint) out of range")
_NO_LABEL = re.compile(r"invalid input value for enum (\S+):")
_GREATEST = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}


def count_query(error: BaseException | None, table: Name | None, stairs: Stairs, *, down: bool = False) -> str | None:
    """A SELECT that can be run as it is; None where the server does not say enough.

    Args:
        error: what the migration failed with.
        table: where its rows are, where that is known.
        stairs: the revision's.
        down: whether its downgrade failed.
    """
    table = _table_of(error) or table
    goal = stairs.before if down else stairs.first
    if table is None or goal is None:
        return None
    if (sqlstate(error) or "").startswith("23"):
        return _of_constraint(error, table, goal)
    return _of_type(error, table, stairs, down=down)


def _of_constraint(error: BaseException | None, table: Name, goal: Catalog) -> str | None:
    match sqlstate(error):
        case "23505":
            return _duplicates(error, quoted_name(table))
        case "23503":
            return _orphans(error, table, goal)
        case "23514":
            return _violating(error, table, goal)
        case _:
            return None


def _of_type(error: BaseException | None, table: Name, stairs: Stairs, *, down: bool) -> str | None:
    name, text = quoted_name(table), str(error)
    if found := _TOO_LONG.search(text):
        columns = _retyped(stairs, table, found[1], down=down)
        return _either(name, (f"length({column}) > {found[2]}" for column in columns))
    if found := _OUT_OF_RANGE.search(text):
        columns = _retyped(stairs, table, found[1], down=down)
        return _either(name, (f"abs({column}) > {_GREATEST[found[1]]}" for column in columns))
    if found := _NO_LABEL.search(text):
        listed = ", ".join(_retyped(stairs, table, found[1].strip('"'), down=down))
        return f"SELECT {listed}, count(*) FROM {name} GROUP BY {listed}" if listed else None
    return None


def _table_of(error: BaseException | None) -> Name | None:
    schema, table = said(error, "schema_name"), said(error, "table_name")
    return (schema, table) if schema and table else None


def _columns(error: BaseException | None) -> str:
    found = _KEY.search(said(error, "message_detail") or said(error, "detail") or str(error))
    return found[1] if found else ""


def _duplicates(error: BaseException | None, table: str) -> str | None:
    columns = _columns(error)
    return f"SELECT {columns}, count(*) FROM {table} GROUP BY {columns} HAVING count(*) > 1" if columns else None


def _constraint(error: BaseException | None, table: Name, goal: Catalog) -> Attributes:
    return goal.objects.get(Identity("constraint", *table, said(error, "constraint_name")), {})


def _orphans(error: BaseException | None, table: Name, goal: Catalog) -> str | None:
    key = _constraint(error, table, goal)
    own, theirs = (_quoted(key.get(name)) for name in ("columns", "referenced columns"))
    if not own or len(own) != len(theirs):
        return None
    pairs = " AND ".join(f"p.{parent} = c.{mine}" for mine, parent in zip(own, theirs, strict=True))
    there = " AND ".join(f"c.{mine} IS NOT NULL" for mine in own)
    return (
        f"SELECT count(*) FROM {quoted_name(table)} c WHERE {there} AND NOT EXISTS"
        f" (SELECT FROM {key['references']} p WHERE {pairs})"
    )


def _quoted(columns: object) -> list[str]:
    """Names as the catalog has them: quoted where they must be."""
    return [str(one) for one in columns] if isinstance(columns, list | tuple) else []


def _violating(error: BaseException | None, table: Name, goal: Catalog) -> str | None:
    definition = str(_constraint(error, table, goal).get("definition") or "")
    if not definition.startswith("CHECK "):
        return None
    return f"SELECT count(*) FROM {quoted_name(table)} WHERE NOT {definition.removeprefix('CHECK ')}"


def _retyped(stairs: Stairs, table: Name, wanted: str, *, down: bool) -> Iterator[str]:
    """The columns of ``table`` that become of the type ``wanted``."""
    for one in stairs.changed:
        if one.identity.kind == "column" and (one.identity.schema, one.identity.parent) == table:
            becomes = str(one.before if down else one.after)
            if one.attribute == "type" and wanted in {becomes, becomes.rpartition(".")[2]}:
                yield identifier(one.identity.name)


def _either(table: str, conditions: Iterator[str]) -> str | None:
    joined = " OR ".join(conditions)
    return f"SELECT count(*) FROM {table} WHERE {joined}" if joined else None
