"""Queries that count, in production, the rows that a statement reaches."""

from collections.abc import Iterable, Sequence

from schemaproof.proofs.data import showing
from schemaproof.proofs.data.snapshot import Cells, Key, Table
from schemaproof.proofs.data.writes import Write


def reached(table: Table, found: Iterable[Write]) -> str:
    """How many rows of ``table`` the first of the statements ``found`` that says so reaches; else all of them."""
    known = next((one.reaching for one in found if one.reaching and one.of({table.name})), showing.quoted(table))
    return f"SELECT count(*) FROM {known}"


def referring(child: Table, key: Key, parent: Table, causes: Sequence[Write]) -> str:
    """How many rows of ``child`` refer, by ``key``, to rows of ``parent`` that the statements ``causes`` delete."""
    one = next((one for one in causes if one.reaching and one.of({parent.name})), None)
    prefix = f"{showing.identifier(one.alias)}." if one is not None else ""
    referred = ", ".join(f"{prefix}{showing.identifier(name)}" for name in key.referred)
    columns = ", ".join(map(showing.identifier, key.columns))
    gone = f"SELECT {referred} FROM {one.reaching if one is not None else showing.quoted(parent)}"
    columns = f"({columns})" if len(key.columns) > 1 else columns
    return f"SELECT count(*) FROM {showing.quoted(child)} WHERE {columns} IN ({gone})"


def without(table: Table, rows: Sequence[Cells], also: str = "") -> str:
    """How many rows of ``table`` lack what all of ``rows`` lack, with the condition ``also``; all for nothing."""
    lacking = next((name for name in table.columns if rows and all(row[name] is None for row in rows)), None)
    conditions = [*([also] if also else []), *([f"{showing.identifier(lacking)} IS NULL"] if lacking else [])]
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT count(*) FROM {showing.quoted(table)}{where}"
