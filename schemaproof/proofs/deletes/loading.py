"""The objects of rows, loaded as a delete along a relationship finds them."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, select, text
from sqlalchemy.orm import Mapper, RelationshipDirection, Session, lazyload, load_only, selectinload

from schemaproof.proofs.deletes.emptiness import leave_empty
from schemaproof.proofs.deletes.graph import TableName
from schemaproof.proofs.deletes.mapping import Relation
from schemaproof.proofs.deletes.outcome import Row

_EAGER = {"joined", "selectin", "subquery", "immediate", False}  # loaded with the parent; False is the old "joined"


def load(
    session: Session, relation: Relation, rows: Sequence[Row], *, loaded: bool, empty: Collection[TableName]
) -> Sequence[Any]:
    """The objects of ``rows`` of the parent; fewer where some are of another class.

    Args:
        session: into which.
        relation: the relationship in question.
        rows: as they were read in this transaction.
        loaded: whether what the relationship leads to is loaded with them.
        empty: tables without rows, for which nobody need ask the server.
    """
    places: dict[str | None, list[str | None]] = {}
    for row in rows:
        places.setdefault(row["tableoid"], []).append(row["ctid"])
    # With parameters, since SQLAlchemy compiles each statement that it has not met.
    here = [
        f"{one}.tableoid = CAST(:table{number} AS oid) AND {one}.ctid = ANY (CAST(:rows{number} AS tid[]))"
        for one in [_name(session.connection(), relation)]
        for number in range(len(places))
    ]
    values: dict[str, object] = {f"table{number}": table for number, table in enumerate(places)}
    values |= {f"rows{number}": tids for number, tids in enumerate(places.values())}
    statement = select(relation.mapper).where(text(" OR ".join(here)))
    keys = load_only(*_keys(relation.mapper))  # what else a row holds may be no value of a Python type
    statement = statement.options(keys, *(_options(relation, empty) if loaded else _unloaded(relation)))
    leave_empty(session, relation.names, empty)
    return session.scalars(statement, values).unique().all()


def _name(connection: Connection, relation: Relation) -> str:
    """The parent's table as a statement of the ORM names it, for a text."""
    quote = connection.dialect.identifier_preparer.quote
    table: Any = relation.mapper.local_table
    schema = [quote(relation.parent.schema)] if table.schema is not None else []
    return ".".join([*schema, quote(table.name)]).replace(":", r"\:")


def _options(relation: Relation, empty: Collection[TableName]) -> Iterator[Any]:
    """What loads the relationship, and those of what it leads to."""
    target = relation.relationship.mapper
    first = selectinload(getattr(relation.mapper.class_, relation.relationship.key))
    yield first.load_only(*_keys(target))
    for below in target.relationships:
        if below.direction is RelationshipDirection.ONETOMANY and not below.viewonly and below.lazy == "select":
            if relation.names.get(below.mapper.local_table) in empty:
                continue
            next_one = getattr(target.class_, below.key)
            yield first.selectinload(next_one).load_only(*_keys(below.mapper))


def _unloaded(relation: Relation) -> Iterator[Any]:
    """What keeps a relationship from being loaded with its parent, which some are by their declaration."""
    if relation.relationship.lazy in _EAGER:
        yield lazyload(getattr(relation.mapper.class_, relation.relationship.key))


def _keys(mapper: Mapper[Any]) -> list[Any]:
    """The attributes that a delete needs: those of columns that have to do with keys, and the version."""
    referred = {column for one in mapper.local_table.foreign_keys for column in (one.parent,)}
    pairs = [pair for one in mapper.relationships for pair in one.local_remote_pairs or ()]
    needed = {*mapper.primary_key, mapper.version_id_col, *referred, *(local for local, _ in pairs)}
    return [
        getattr(mapper.class_, attribute.key)
        for attribute in mapper.column_attrs
        if needed.intersection(attribute.columns)
    ]
