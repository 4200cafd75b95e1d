"""The delete of one row as an application does it by the ORM, step by step."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, MetaData, Table, event
from sqlalchemy.orm import Mapper, RelationshipDirection, Session, mapperlib

from schemaproof.proofs.deletes.emptiness import around, leave_empty
from schemaproof.proofs.deletes.graph import ForeignKey, TableName
from schemaproof.proofs.deletes.interleaving import Gate, Script
from schemaproof.proofs.deletes.specimens import Row

_WIDTH = 90  # characters of a statement that are told


class Mapped:
    """The classes that are mapped to the tables of ``metadata``, one for each table.

    Args:
        metadata: the subject's.
        homes: the database's schema for each of the metadata's.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: where the mappers can't be configured.
    """

    def __init__(self, metadata: Iterable[MetaData], homes: Callable[[str | None], str]) -> None:
        tables = [table for one in metadata for table in one.tables.values()]
        self._names = {table: TableName(homes(table.schema), table.name) for table in tables}
        self._mappers: dict[TableName, Mapper[Any]] = {}
        # SQLAlchemy has no public way from a MetaData to the classes that are mapped to it.
        for registry in mapperlib._all_registries():
            mappers = [one for one in registry.mappers if one.local_table in self._names]
            if mappers:
                # Not configure_mappers(): what is left of an earlier import of the same modules may be incomplete.
                registry.configure(cascade=True)
            for mapper in mappers:
                if isinstance(mapper.local_table, Table) and _alone(mapper):
                    self._mappers[self._names[mapper.local_table]] = mapper

    def __contains__(self, table: TableName) -> bool:
        return table in self._mappers

    def deletes(self, key: ForeignKey) -> bool:
        """Whether a relationship of the parent's class says that its children of ``key`` are deleted with it."""
        return any(
            relationship.cascade.delete
            and relationship.direction is RelationshipDirection.ONETOMANY
            and self._names.get(relationship.mapper.local_table) == key.table  # type: ignore[call-overload]
            and {(two.name, one.name) for one, two in relationship.local_remote_pairs or ()}
            == set(zip(key.columns, key.referenced, strict=True))
            for relationship in self._mappers[key.parent].relationships
        )

    def identity(self, connection: Connection, table: TableName, row: Row) -> tuple[Any, ...] | None:
        """What ``Session.get`` finds ``row`` by; None where that is not known."""
        mapper = self._mappers[table]
        columns = mapper.primary_key
        if not all(one.name in row for one in columns):  # the model is ahead of the database
            return None
        conditions = [sqlalchemy.cast(one, sqlalchemy.Text) == row[one.name] for one in columns]
        try:
            found = connection.execute(sqlalchemy.select(*columns).where(*conditions)).first()
        except Exception:  # noqa: BLE001 (of a type of the subject's own)
            return None
        finally:
            connection.rollback()
        return None if found is None else tuple(found)

    def around(self, table: TableName, held: Collection[TableName]) -> set[TableName]:
        """The tables that a delete of an object of ``table`` asks for, where those of ``held`` have rows."""
        return around(self._mappers[table], self._names, held)

    def deleting(
        self,
        connection: Connection,
        table: TableName,
        identity: tuple[Any, ...],
        *,
        empty: Collection[TableName] = (),
    ) -> Script:
        """Get the object with ``identity``, delete it, and commit; each statement is a step.

        Args:
            connection: not in autocommit mode.
            table: the object's.
            identity: as :meth:`identity` finds it.
            empty: tables that hold nothing all the while: no statement asks for their rows.
        """
        mapper = self._mappers[table]

        def run(gate: Gate) -> None:
            with _stepped(connection, gate), Session(connection) as session:
                leave_empty(session, self._names, empty)
                found = session.get(mapper.class_, identity)
                if found is not None:
                    session.delete(found)
                    session.flush()
                session.commit()

        return run


@contextmanager
def _stepped(connection: Connection, gate: Gate) -> Iterator[None]:
    """Call ``gate`` before each statement and each COMMIT."""

    def before(_1: object, _2: object, statement: str, *_: object) -> None:
        told = " ".join(statement.split())
        gate(told if len(told) <= _WIDTH else f"{told[: _WIDTH - 3]}...")

    def commit(_: object) -> None:
        gate("COMMIT")

    event.listen(connection, "before_cursor_execute", before)
    event.listen(connection, "commit", commit)
    try:
        yield
    finally:
        event.remove(connection, "before_cursor_execute", before)
        event.remove(connection, "commit", commit)


def _alone(mapper: Mapper[Any]) -> bool:
    """Whether no class inherits from it, nor it from another, and an object is one row."""
    return not mapper.inherits and mapper.polymorphic_on is None and len(mapper.tables) == 1
