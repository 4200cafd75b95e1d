"""Queries that count, in production, the rows that a statement reaches."""

from collections.abc import Iterable, Sequence

from schemaproof.proofs.data import showing
from schemaproof.proofs.data.snapshot import Cells, Table
from schemaproof.proofs.data.writes import Write


def reached(table: Table, found: Iterable[Write]) -> str:
    """How many rows of ``table`` the first of the statements ``found`` that says so reaches; else all of them."""
    known = next((one.reaching for one in found if one.reaching and one.of({table.name})), showing.quoted(table))
    return f"SELECT count(*) FROM {known}"


def referring(child: Table, column: str, parent: Table, causes: Sequence[Write]) -> str:
    """How many rows of ``child`` refer, by ``column``, to rows of ``parent`` that the statements ``causes`` delete."""
    key = showing.identifier(parent.primary[0]) if parent.primary else "*"
    one = next((one for one in causes if one.reaching and one.of({parent.name})), None)
    gone = (
        f"SELECT {showing.identifier(one.alias)}.{key} FROM {one.reaching}"
        if one is not None
        else f"SELECT {key} FROM {showing.quoted(parent)}"
    )
    return f"SELECT count(*) FROM {showing.quoted(child)} WHERE {showing.identifier(column)} IN ({gone})"


def without(table: Table, rows: Sequence[Cells], also: str = "") -> str:
    """How many rows of ``table`` lack what all of ``rows`` lack, with the condition ``also``; all for nothing."""
    lacking = next((name for name in table.columns if rows and all(row[name] is None for row in rows)), None)
    conditions = [*([also] if also else []), *([f"{showing.identifier(lacking)} IS NULL"] if lacking else [])]
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT count(*) FROM {showing.quoted(table)}{where}"
