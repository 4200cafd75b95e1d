"""Whether deletes have an index to find the rows that refer to what they delete."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import psycopg

from schemaproof.check import Check
from schemaproof.finding import Finding, Severity
from schemaproof.migration.history import History
from schemaproof.postgres import Database
from schemaproof.proofs.deletes.checks.foreign_keys import has_foreign_keys

if TYPE_CHECKING:
    from schemaproof.proofs.deletes.cost import Lookup
    from schemaproof.proofs.deletes.keys import Key
    from schemaproof.proofs.deletes.measuring import Measured

# Rows are planted for each: some hundredths of a second.
_MEASURED_FOR_EVIDENCE = 5  # keys that have no index, of which only the numbers are not known
_MEASURED_TO_DECIDE = 20  # keys that have one which may serve


def _examine(history: History) -> Iterator[Finding]:
    if not has_foreign_keys(history):
        return
    from schemaproof.proofs.deletes.cost import Backed, read_lookups
    from schemaproof.proofs.deletes.keys import read_keys

    with history.head_copy() as database:
        with psycopg.connect(database.dsn, autocommit=True) as connection:
            keys = read_keys(connection)
            lookups = [one for one in read_lookups(connection, keys) if one.backed is not Backed.YES]
        doubtful = [one for one in lookups if one.backed is Backed.PERHAPS][:_MEASURED_TO_DECIDE]
        plain = [one for one in lookups if one.backed is Backed.NO and one.followed][:_MEASURED_FOR_EVIDENCE]
        measured = _measure(database, keys, [*doubtful, *plain], history.version_table)
    slow = [one for one in lookups if not _serves(measured.get(one.key))]
    for lookup in slow:
        if lookup.followed:
            yield _followed(lookup, measured.get(lookup.key))
    yield from _refusing([one for one in slow if not one.followed])


def _serves(said: "Measured | str | None") -> bool:
    """Whether a delete was seen to read no more where there are more rows."""
    return not isinstance(said, str | None) and not said.grows


def _measure(
    database: Database, keys: "Sequence[Key]", lookups: "Sequence[Lookup]", version_table: tuple[str, str]
) -> "dict[Key, Measured | str]":
    """What deletes read by key, or why that could not be measured."""
    from schemaproof.proofs.deletes.keys import with_parents
    from schemaproof.proofs.deletes.measuring import measure
    from schemaproof.proofs.deletes.planting import PlantingError
    from schemaproof.rows import fill

    if not lookups:
        return {}
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        tables = with_parents(keys, {one.key.child.name for one in lookups})
        refused = fill(connection, leave=[version_table], tables=tables).refused
    said: dict[Key, Measured | str] = {}
    for key in (one.key for one in lookups):
        try:
            said[key] = refused.get(str(key.child.name)) or measure(database.dsn, key)
        except (PlantingError, psycopg.DatabaseError) as error:
            said[key] = str(error).partition("\n")[0]
    return said


def _followed(lookup: "Lookup", said: "Measured | str | None") -> Finding:
    from schemaproof.proofs.deletes.cost import Backed

    key = lookup.key
    table, columns = key.child.name, ", ".join(key.columns)
    if isinstance(said, str | None) and lookup.backed is Backed.PERHAPS:
        return _unmeasured(lookup, said)
    which = f"each delete of a row of {key.parent.name}"
    if key.on_delete.refuses:
        which = f"{key.parent.name} loses rows by a cascade, and each such delete"
    scanned = None if isinstance(said, str | None) else said.scanned
    reads, consequence = f"scans all of {table}", None
    if scanned is not None:
        reads = f"scans all of index {scanned[0]} ({scanned[1]} pages)"
        consequence = (
            f"Each delete of a parent row reads every page of {scanned[0]}, which grows with the table, and holds its"
            " locks meanwhile: deleting many takes hours, and others wait for it."
        )
    able = [index.name for index in lookup.indexes if scanned is None or index.name != scanned[0]]
    unable = f"; {', '.join(able)} can't serve" if able else ""
    return FOREIGN_KEY_INDEX.finding(
        f"No index covers {table} ({columns}): {which} {reads}{unable}.",
        kind="scanned",
        severity=Severity.WARNING,
        object=key.identity,
        evidence=f"{key}\n{_told(said)}",
        consequence=consequence,
        remedy=_remedy(key),
    )


def _unmeasured(lookup: "Lookup", said: str | None) -> Finding:
    key, names = lookup.key, ", ".join(index.name for index in lookup.indexes)
    return FOREIGN_KEY_INDEX.finding(
        f"Could not be decided whether {names} can find the rows of {key.child.name} by ({', '.join(key.columns)}) when"
        f" a row of {key.parent.name} is deleted.",
        kind="undecided",
        severity=Severity.NOTE,
        object=key.identity,
        evidence=f"{key}\nnot measured: {said or 'many others like it were'}",
        consequence="If it can't, each delete of a parent row scans the whole child table.",
        remedy=_remedy(key),
    )


def _told(said: "Measured | str | None") -> str:
    if said is None:
        return "not measured; the catalog has no index with these columns"
    return f"not measured: {said}" if isinstance(said, str) else f"measured: {said}"


def _remedy(key: "Key") -> str:
    statement = _statement(key)
    if not key.child.partitioned:
        how = "index=True on the column" if len(key.columns) == 1 else "an Index on these columns"
        return f"`{statement}` in a revision, in its autocommit_block(); in the model, {how}."
    return (
        f"`{statement}`, which locks the table while it builds; or first one on each partition CONCURRENTLY, and then"
        " this one."
    )


def _statement(key: "Key") -> str:
    # CONCURRENTLY is not for partitioned tables (manual, CREATE INDEX).
    how = "" if key.child.partitioned else " CONCURRENTLY"
    return f"CREATE INDEX{how} ON {key.quoted.table} ({key.quoted.columns})"


def _refusing(lookups: "Sequence[Lookup]") -> Iterator[Finding]:
    """One note for all: only a statement on these parents themselves deletes their rows, and often there is none."""
    if not lookups:
        return
    key = lookups[0].key
    message = (
        f"No index covers {key.child.name} ({', '.join(key.columns)}): each delete of a row of {key.parent.name} scans"
        f" all of {key.child.name}."
    )
    never, create = f"rows of {key.parent.name} are", f"`{_statement(key)}`"
    if len(lookups) > 1:
        message = (
            f"No index covers the columns of {len(lookups)} foreign keys that refuse deletes: each delete of a parent"
            " row scans the child table."
        )
        never, create = "rows of these parents are", "create the indexes above"
    yield FOREIGN_KEY_INDEX.finding(
        message,
        kind="refusing keys",
        severity=Severity.NOTE,
        object=key.identity if len(lookups) == 1 else None,
        evidence="\n".join(f"{one.key}: {_statement(one.key)}" for one in lookups),
        remedy=f"If {never} never deleted, nor their keys updated, nothing has to be done; otherwise {create}.",
    )


FOREIGN_KEY_INDEX = Check(
    id="foreign-key-index",
    area="delete",
    title="Every foreign key that a delete follows is backed by an index.",
    reason="Each delete of a parent row scans the whole child table, and holds its locks meanwhile: deleting many takes"
    " hours, and others wait for it.",
    remedy="`CREATE INDEX CONCURRENTLY ON child (columns of the key)`, and an Index on them in the model.",
    scope="history",
    examine=_examine,
    keywords=("cost",),
)
