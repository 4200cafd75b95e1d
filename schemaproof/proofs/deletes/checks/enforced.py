"""Whether the migrated database keeps out orphans."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import psycopg

from schemaproof.check import Check
from schemaproof.finding import Finding, Severity
from schemaproof.migration.history import History
from schemaproof.proofs.deletes.checks.foreign_keys import has_foreign_keys

if TYPE_CHECKING:
    from schemaproof.proofs.deletes.enforcement import Orphans, Silent
    from schemaproof.proofs.deletes.keys import Key
    from schemaproof.proofs.deletes.swallowing import Swallowed


def enforced(history: History) -> list[Finding]:
    """What the check finds, found out when it is first asked for."""
    return history.kept(_found)


def _found(history: History) -> list[Finding]:
    return list(_examine(history))


def _examine(history: History) -> Iterator[Finding]:
    if not has_foreign_keys(history):
        return
    from schemaproof.proofs.deletes.enforcement import find_orphans, replica_settings, silent_tables
    from schemaproof.proofs.deletes.keys import read_keys
    from schemaproof.proofs.deletes.swallowing import try_keys

    # A setting of a database is not copied with it; a revision may also have named the one that it was told.
    names = [history.head_name, history.environment.standin.name]
    with history.head_copy() as database, psycopg.connect(database.dsn, autocommit=True) as connection:
        keys = read_keys(connection)
        yield from map(_replica, replica_settings(connection, names))
        silent = silent_tables(connection)
        yield from map(_silent, silent)
        orphans = {found.key: found for found in find_orphans(connection, keys)}
        yield from _rows(keys, orphans)
        mute = {one.table for one in silent}
        tried = try_keys(
            connection,
            [key for key in keys if not mute & {key.child.name, key.parent.name}],
            leave=[history.version_table],
        )
    yield from map(_swallowed, tried.swallowed)
    for key, reason in tried.without_rows.items():
        yield FOREIGN_KEY_ENFORCED.finding(
            f"Could not be decided whether the triggers of {key.child.name} swallow what {key} does on a delete: no row"
            " could be inserted to delete.",
            kind="undecided",
            severity=Severity.NOTE,
            object=key.identity,
            evidence=reason,
            consequence="Deletes may leave orphans.",
            remedy=f"Check that the triggers of {key.child.name} return OLD for a DELETE and NEW for an UPDATE.",
        )


def _rows(keys: "Sequence[Key]", orphans: "dict[Key, Orphans]") -> Iterator[Finding]:
    for key in keys:
        state = "NOT ENFORCED" if not key.enforced else "NOT VALID" if not key.validated else ""
        if key in orphans:
            yield _orphans(orphans[key], state)
        elif state == "NOT ENFORCED":
            yield FOREIGN_KEY_ENFORCED.finding(
                f"The foreign key {key} is NOT ENFORCED: the server never checks it.",
                kind="not enforced",
                severity=Severity.WARNING,
                object=key.identity,
                remedy=f"`ALTER TABLE {key.quoted.table} ALTER CONSTRAINT {key.quoted.name} ENFORCED`, unless something"
                " else guarantees the parents.",
            )
        elif state:
            yield FOREIGN_KEY_ENFORCED.finding(
                f"The foreign key {key} is still NOT VALID at head: rows from before it were never checked.",
                kind="not valid",
                severity=Severity.WARNING,
                object=key.identity,
                consequence="Rows that are older than the key may be orphans, and no delete reaches them.",
                remedy=f"In a later revision, once the orphans are gone:"
                f" `ALTER TABLE {key.quoted.table} VALIDATE CONSTRAINT {key.quoted.name}`.",
            )


def _orphans(found: "Orphans", state: str) -> Finding:
    key = found.key
    many = f"{found.count} rows of {key.child.name} refer" if found.count > 1 else f"A row of {key.child.name} refers"
    because = f"; the foreign key is {state}" if state else " although the foreign key counts as valid"
    validate = (
        f", then `ALTER TABLE {key.quoted.table} VALIDATE CONSTRAINT {key.quoted.name}`" if state == "NOT VALID" else ""
    )
    return FOREIGN_KEY_ENFORCED.finding(
        f"{many} to no row of {key.parent.name} at head{because}.",
        kind="orphans",
        object=key.identity,
        evidence=f"{key}: ({', '.join(key.columns)}) = {found.sample}",
        remedy=f"In a revision, delete the orphans or give them a parent{validate}.",
    )


def _replica(role: str) -> Finding:
    whose = f"the sessions of {role}" if role else "all sessions"
    return FOREIGN_KEY_ENFORCED.finding(
        f"A setting of the database gives {whose} session_replication_role = replica: no foreign key is checked there.",
        kind="replica",
        object=f"role {role}" if role else None,
        remedy=f"`ALTER ROLE {role} IN DATABASE ... RESET session_replication_role`, with your database's name."
        if role
        else "`ALTER DATABASE ... RESET session_replication_role`, with your database's name.",
    )


def _silent(found: "Silent") -> Finding:
    return FOREIGN_KEY_ENFORCED.finding(
        f"The triggers of foreign keys are disabled on {found.table}.",
        kind="disabled",
        object=f"table {found.table}",
        evidence=f"foreign keys: {', '.join(found.keys)}",
        remedy=f"`ALTER TABLE {found.table} ENABLE TRIGGER ALL`; where a revision disables triggers for a while, let it"
        " write DISABLE TRIGGER USER, which leaves the foreign keys' on.",
    )


def _swallowed(found: "Swallowed") -> Finding:
    key, table, by = found.key, found.key.child.name, " and ".join(found.by)
    if found.error:
        can = "be deleted" if found.event == "delete" else "get a new key"
        return FOREIGN_KEY_ENFORCED.finding(
            f"No row of {key.parent.name} that has children in {table} can {can}: the {by} gets in the way of"
            f" {found.action}.",
            kind=f"{found.event} prevented",
            object=key.identity,
            evidence=f"{key}: {found.error}",
            consequence=f"{found.action} was declared, and every such statement fails with an internal error.",
            remedy="Replace the rule by a trigger, or the key's action by RESTRICT.",
        )
    event = "deleting a row" if found.event == "delete" else "changing the key of a row"
    return FOREIGN_KEY_ENFORCED.finding(
        f"The {by} of {table} swallows {found.action}: {event} of {key.parent.name} leaves orphans.",
        kind=f"{found.event} swallowed",
        object=key.identity,
        evidence=f"{key}: orphans afterwards: {found.orphans}",
        remedy="Let the trigger return OLD for a DELETE and NEW for an UPDATE; to keep the rows, mark the parent as"
        " deleted instead of deleting it.",
    )


FOREIGN_KEY_ENFORCED = Check(
    id="foreign-key-enforced",
    area="delete",
    title="Every foreign key of the migrated database is enforced: no row can be an orphan.",
    reason="Rows refer to what does not exist: joins lose them, deletes never reach them, a dump can't be restored.",
    remedy="Have the server check the foreign key: ENFORCED, valid, and with its triggers enabled.",
    scope="history",
    examine=enforced,
    keywords=("orphan",),
)
