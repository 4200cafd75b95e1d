"""Triggers and rules that swallow what a foreign key does to its children, found by deleting and updating parents."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from schemaproof.proofs.deletes.enforcement import count_orphans
from schemaproof.proofs.deletes.graph import Action
from schemaproof.proofs.deletes.keys import Key, with_parents
from schemaproof.proofs.deletes.planting import distinct_values, execute_unblocked, places
from schemaproof.rows import fill

type Cursor = psycopg.Cursor[tuple[Any, ...]]

# Triggers before each row that fire in sessions of users, and rules INSTEAD; of partitions too, but a rule works for
# the table alone that a query names. tgtype's bits: 1 row, 2 before, 8 delete, 16 update (pg_trigger.h). ev_type: 2
# update, 4 delete.
_INTERFERING = """
SELECT r.oid, 'trigger ' || quote_ident(t.tgname), t.tgtype::int & 8 <> 0, t.tgtype::int & 16 <> 0
FROM unnest(%(tables)s::oid[]) r (oid)
JOIN pg_trigger t ON t.tgrelid = r.oid OR t.tgrelid IN (SELECT relid FROM pg_partition_tree(r.oid))
WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND t.tgtype::int & 3 = 3
UNION
SELECT e.ev_class, 'rule ' || quote_ident(e.rulename), e.ev_type = '4', e.ev_type = '2'
FROM pg_rewrite e WHERE e.ev_class = ANY (%(tables)s::oid[]) AND e.is_instead AND e.ev_enabled IN ('O', 'A')
ORDER BY 1, 2
"""

_PARENTS_TRIED = 3  # as many rows as are put into a table

type Event = Literal["delete", "update"]


@dataclass(frozen=True)
class Swallowed:
    """What a delete of a parent row, or an update of its key, did not do to the children.

    Attributes:
        key: the foreign key that names what should happen.
        event: what was done to the parent row.
        by: the triggers and rules of the child table that may be to blame: "trigger keep".
        orphans: how many children refer to nothing now; 0 where the server refused it all.
        error: what it was refused with; "" where it was not.
    """

    key: Key
    event: Event
    by: tuple[str, ...]
    orphans: int
    error: str = ""

    @property
    def action(self) -> Action:
        """What should happen to the children."""
        return self.key.on_delete if self.event == "delete" else self.key.on_update


@dataclass(frozen=True)
class Tried:
    """What was found out.

    Attributes:
        swallowed: at most one for each key and event.
        without_rows: the reason by key, where there was no row to try it with.
    """

    swallowed: tuple[Swallowed, ...]
    without_rows: Mapping[Key, str]


def try_keys(
    connection: psycopg.Connection[Any], keys: Sequence[Key], *, leave: Collection[tuple[str, str]] = ()
) -> Tried:
    """What is swallowed on tables that have triggers or rules which may do so.

    Args:
        connection: to a database that may be written to, in autocommit mode. Rows are put into empty tables.
        keys: those of the database.
        leave: tables not to fill, above all Alembic's.
    """
    with psycopg.Cursor(connection, row_factory=tuple_row) as cursor:
        suspects = list(_suspects(cursor, keys))
        if not suspects:
            return Tried((), {})
        needed = with_parents(keys, {key.child.name for key, _, _ in suspects})
        refused = fill(connection, leave=leave, tables=needed).refused
        found = [_try(cursor, *suspect) for suspect in suspects]
        unfilled = {
            key: refused.get(str(key.child.name)) or "no row refers to another"
            for key, _, _ in suspects
            if not _parents(cursor, key)
        }
        return Tried(tuple(one for one in found if one is not None), unfilled)


def _suspects(cursor: Cursor, keys: Sequence[Key]) -> Iterator[tuple[Key, Event, tuple[str, ...]]]:
    cursor.execute(_INTERFERING, {"tables": list({key.child.oid for key in keys})})
    interfering = cursor.fetchall()
    for key in keys:
        if not key.enforced or key.period:
            continue
        for event, action in (("delete", key.on_delete), ("update", key.on_update)):
            if action.refuses:
                continue
            # An update that moves a row to another partition deletes it from its own.
            deletes = action is Action.CASCADE and event == "delete"
            names = tuple(
                name
                for table, name, of_delete, of_update in interfering
                if table == key.child.oid and (of_delete if deletes else of_update or key.child.partitioned)
            )
            if names:
                yield key, "delete" if event == "delete" else "update", names


def _try(cursor: Cursor, key: Key, event: Event, by: tuple[str, ...]) -> Swallowed | None:
    change = _change(cursor, key, event)
    if change is None:
        return None
    before = count_orphans(cursor, key)
    for parent in _parents(cursor, key):
        with cursor.connection.transaction(force_rollback=True):
            try:
                execute_unblocked(cursor, key, sql.SQL("{} WHERE {}").format(change, parent))
            except psycopg.errors.InternalError_ as error:
                # What the server says where a rule has made something else of its query (ri_PerformCheck).
                if any(name.startswith("rule ") for name in by):
                    return Swallowed(key, event, by, 0, error.diag.message_primary or str(error))
                continue
            except psycopg.DatabaseError:
                continue  # refused, so nothing is swallowed
            orphans = count_orphans(cursor, key) - before
        if orphans > 0:
            return Swallowed(key, event, by, orphans)
    return None


def _parents(cursor: Cursor, key: Key) -> list[sql.Composed]:
    """The conditions that name some rows which rows of the child refer to."""
    referred = sql.SQL("EXISTS (SELECT FROM {} c WHERE {})").format(key.child.source, key.refers())
    return places(cursor, key.parent, referred, _PARENTS_TRIED)


def _change(cursor: Cursor, key: Key, event: Event) -> sql.Composed | None:
    """What deletes parent rows, or gives them keys that no row has; None where there is no telling such a key."""
    if event == "delete":
        return sql.SQL("DELETE FROM {} p").format(key.parent.source)
    values = distinct_values(cursor, key.parent, key.referenced, sql.Literal(1))
    if values is None:
        return None
    pairs = zip(key.referenced, values, strict=True)
    changes = sql.SQL(", ").join(sql.SQL("{} = {}").format(sql.Identifier(name), value) for name, value in pairs)
    return sql.SQL("UPDATE {} p SET {}").format(key.parent.source, changes)
