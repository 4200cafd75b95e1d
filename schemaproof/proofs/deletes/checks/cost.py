"""Whether deletes have an index to find the rows that refer to what they delete."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import psycopg

from schemaproof.check import Check
from schemaproof.finding import Finding, Severity
from schemaproof.migration.history import History
from schemaproof.postgres import Database
from schemaproof.proofs.deletes.checks.foreign_keys import has_foreign_keys
from schemaproof.proofs.deletes.checks.indexing import Indexing, partitions

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
    objects = history.head_catalog().objects
    indexing = Indexing(
        history.metadata,
        {(one.schema, one.name) for one in objects if one.kind == "index"},
        partitions(objects),
        begun_outside=history.facts.begun_outside,
    )
    for lookup in slow:
        if lookup.followed:
            yield _followed(lookup, measured.get(lookup.key), indexing)
    yield from _refusing([one for one in slow if not one.followed], indexing)


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


def _followed(lookup: "Lookup", said: "Measured | str | None", indexing: Indexing) -> Finding:
    from schemaproof.proofs.deletes.cost import Backed

    key = lookup.key
    table, columns = key.child.name, ", ".join(key.columns)
    if isinstance(said, str | None) and lookup.backed is Backed.PERHAPS:
        return _unmeasured(lookup, said, indexing)
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
        remedy=f"Create {_creating(key, indexing)}",
    )


def _unmeasured(lookup: "Lookup", said: str | None, indexing: Indexing) -> Finding:
    key, names = lookup.key, ", ".join(index.name for index in lookup.indexes)
    return FOREIGN_KEY_INDEX.finding(
        f"Could not be decided whether {names} can find the rows of {key.child.name} by ({', '.join(key.columns)}) when"
        f" a row of {key.parent.name} is deleted.",
        kind="undecided",
        severity=Severity.NOTE,
        object=key.identity,
        evidence=f"{key}\nnot measured: {said or 'many others like it were'}",
        consequence="If it can't, each delete of a parent row scans the whole child table.",
        remedy=f"Create {_creating(key, indexing)}",
    )


def _told(said: "Measured | str | None") -> str:
    if said is None:
        return "not measured; the catalog has no index with these columns"
    return f"not measured: {said}" if isinstance(said, str) else f"measured: {said}"


def _creating(key: "Key", indexing: Indexing) -> str:
    """What follows the word "create"."""
    return f"the index in a revision, and declare it in the model ({indexing.model(key)}):\n{indexing.revision(key)}"


def _refusing(lookups: "Sequence[Lookup]", indexing: Indexing) -> Iterator[Finding]:
    """One note for all: only a statement on these parents themselves deletes their rows, and often there is none."""
    if not lookups:
        return
    key = lookups[0].key
    message = (
        f"No index covers {key.child.name} ({', '.join(key.columns)}): each delete of a row of {key.parent.name} scans"
        f" all of {key.child.name}."
    )
    never, remedy = f"rows of {key.parent.name} are", f"create {_creating(key, indexing)}"
    if len(lookups) > 1:
        message = (
            f"No index covers the columns of {len(lookups)} foreign keys that refuse deletes: each delete of a parent"
            " row scans the child table."
        )
        never = "rows of these parents are"
        remedy = indexing.with_env(
            "run the lines above in a revision, in its autocommit_block(), and index the columns in the model."
        )
    yield FOREIGN_KEY_INDEX.finding(
        message,
        kind="refusing keys",
        severity=Severity.NOTE,
        object=key.identity if len(lookups) == 1 else None,
        evidence="\n".join(f"{one.key}: {_line(one.key, indexing)}" for one in lookups),
        remedy=f"If {never} never deleted, nor their keys updated, nothing has to be done; otherwise, {remedy}",
    )


def _line(key: "Key", indexing: Indexing) -> str:
    return f"\n{indexing.lines(key)}" if key.child.partitioned else indexing.line(key)


FOREIGN_KEY_INDEX = Check(
    id="foreign-key-index",
    area="delete",
    title="Every foreign key that a delete follows is backed by an index.",
    reason="Each delete of a parent row scans the whole child table, and holds its locks meanwhile: deleting many takes"
    " hours, and others wait for it.",
    remedy="`op.create_index(..., postgresql_concurrently=True)` on the columns of the key, in an"
    " autocommit_block(), and an index of the same name in the model.",
    scope="history",
    examine=_examine,
    keywords=("cost",),
)
