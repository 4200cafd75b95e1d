"""Collections that are empty because their table is: the ORM is told so instead of asking for each of them.

A class of sixty relationships is deleted with sixty SELECTs, each time. Where a table holds no row they find none: to
set the collection empty leaves the same rows and the same statements otherwise, and a delete costs as much as there are
tables with rows around it, whatever else hangs on its class.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import event
from sqlalchemy.orm import Mapper, RelationshipDirection, RelationshipProperty, Session, object_mapper
from sqlalchemy.orm.attributes import set_committed_value

from schemaproof.proofs.deletes.graph import TableName

type Names = Mapping[Any, TableName]  # of the metadata's tables


def ways(mapper: Mapper[Any], names: Names) -> Iterator[tuple[RelationshipProperty[Any], TableName]]:
    """The relationships that a delete asks the server for, each with a table without whose rows it finds nothing."""
    for one in mapper.relationships:
        table = names.get(one.secondary if one.secondary is not None else one.mapper.local_table)
        plain = one.lazy in {"select", True} and not one.viewonly
        if plain and one.direction is not RelationshipDirection.MANYTOONE and table is not None:
            yield one, table


def around(mapper: Mapper[Any], names: Names, held: Collection[TableName]) -> set[TableName]:
    """The tables that a delete of an object of ``mapper`` asks for, where those of ``held`` have rows."""
    found, seen, waiting = set[TableName](), {mapper}, [mapper]
    while waiting:
        for one, table in ways(waiting.pop(), names):
            found.add(table)
            if table in held and one.mapper not in seen:
                seen.add(one.mapper)
                waiting.append(one.mapper)
    return found


def empty_ones(cursor: psycopg.Cursor[Any], tables: Iterable[TableName]) -> set[TableName]:
    """Those of ``tables`` that hold no row as the transaction sees it, by one query."""
    asked = sorted(tables)
    if not asked:
        return set()
    (row,) = cursor.execute(_query(tuple(asked))).fetchall()
    return {name for name, holds in zip(asked, row[0], strict=True) if not holds}


@lru_cache(maxsize=256)
def _query(tables: tuple[TableName, ...]) -> sql.Composed:
    parts = (sql.SQL("EXISTS (SELECT FROM {})").format(sql.Identifier(*name)) for name in tables)
    return sql.SQL("SELECT ARRAY[{}]").format(sql.SQL(", ").join(parts))


def leave_empty(session: Session, names: Names, empty: Collection[TableName]) -> None:
    """Set the collections of whatever ``session`` loads empty where their tables are ``empty``."""
    keys: dict[Mapper[Any], list[tuple[str, bool]]] = {}

    def loaded(_: Session, instance: Any) -> None:
        mapper = object_mapper(instance)
        if mapper not in keys:
            keys[mapper] = [(one.key, bool(one.uselist)) for one, table in ways(mapper, names) if table in empty]
        for key, many in keys[mapper]:
            if key not in instance.__dict__:
                set_committed_value(instance, key, [] if many else None)

    event.listen(session, "loaded_as_persistent", loaded)
