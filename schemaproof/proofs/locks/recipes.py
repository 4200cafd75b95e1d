"""How to do the same without keeping anybody out: the lines for the revision, with the project's own names."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from schemaproof.catalog.names import generated
from schemaproof.migration.lines.operations import BLOCK
from schemaproof.migration.lines.partitions import Partitions
from schemaproof.migration.lines.quoting import quoted, text
from schemaproof.proofs.locks.changing import Change, change_of
from schemaproof.proofs.locks.facts import Made
from schemaproof.proofs.locks.holds import Growing, Hold
from schemaproof.proofs.locks.relations import Relation, partitions
from schemaproof.proofs.locks.second_column import second_column
from schemaproof.proofs.locks.spelling import LATER, execute, lines, named, schema
from schemaproof.proofs.locks.telling import shown


def recipe(hold: Hold, relations: Mapping[int, Relation]) -> str:
    """What to write instead of the first statement whose work grows under ``hold``."""
    growing = hold.growing[0]
    made = hold.made(relations)
    if made is None:
        return _of_rows(hold, relations)
    table = relations[made.table]
    if table.kind == "p" and made.kind in _OF_PARTITIONS:
        return _OF_PARTITIONS[made.kind](made, partitions(table, relations))
    if table.kind == "p" and _RECIPES[made.kind] is second_column:
        return second_column(made, table, growing.statement, partitions(table, relations))
    return _RECIPES[made.kind](made, table, growing.statement)


def _index_of_partitions(made: Made, whole: Partitions) -> str:
    what = " ".join(["USING", made.definition.partition(" USING ")[2]])
    return lines(_PARTITIONS_FIRST, *whole.index(made.name, what, unique=made.unique))


def _unique_of_partitions(made: Made, whole: Partitions) -> str:
    form = "PRIMARY KEY" if made.definition.startswith("PRIMARY") else "UNIQUE"
    return lines(_PARTITIONS_FIRST, *whole.constraint(made.name, form, made.columns))


def _key_of_partitions(made: Made, whole: Partitions) -> str:
    name, table = quoted(made.name), quoted(*(one for one in whole.table if one != "public"))
    key = made.definition.replace("{", "{{").replace("}", "}}")
    return lines(
        "Add the foreign key to each partition without looking at the rows that are there; the table's then takes"
        " theirs:",
        *whole.each(f"ALTER TABLE {{partition}} ADD CONSTRAINT {name} {key} NOT VALID"),
        LATER,
        *whole.each(f"ALTER TABLE {{partition}} VALIDATE CONSTRAINT {name}"),
        "and after that:",
        execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {made.definition}"),
    )


_PARTITIONS_FIRST = (
    "PostgreSQL builds no index of a partitioned table CONCURRENTLY: build that of each partition so, and attach it."
    " When the last one is, the index is valid:"
)
# What is written otherwise for a partitioned table.
_OF_PARTITIONS: Mapping[str, Callable[[Made, Partitions], str]] = {
    "index": _index_of_partitions,
    "unique": _unique_of_partitions,
    "foreign-key": _key_of_partitions,
}


def _index(made: Made, table: Relation, _: str) -> str:
    unique = ", unique=True" if made.unique else ""
    columns = ", ".join(map(text, made.columns))
    line = (
        f"op.create_index({text(made.name)}, {text(table.name)}, [{columns}]{unique}{schema(table)},"
        " postgresql_concurrently=True)"
    )
    what = made.definition.partition(" USING ")[2]
    if what != f"btree ({', '.join(map(quoted, made.columns))})":  # an expression, a condition, another method
        kind = "UNIQUE INDEX" if made.unique else "INDEX"
        line = execute(f"CREATE {kind} CONCURRENTLY {quoted(made.name)} ON {named(table)} USING {what}")
    return lines("Build the index while the table is in use:", BLOCK, _dropped(made, table), f"    {line}")


def _unique(made: Made, table: Relation, _: str) -> str:
    columns = ", ".join(map(text, made.columns))
    form = "PRIMARY KEY" if made.definition.startswith("PRIMARY") else "UNIQUE"
    return lines(
        "Build the index while the table is in use, then make the constraint of it, which reads no row:",
        BLOCK,
        _dropped(made, table),
        f"    op.create_index({text(made.name)}, {text(table.name)}, [{columns}], unique=True{schema(table)},"
        " postgresql_concurrently=True)",
        execute(
            f"ALTER TABLE {named(table)} ADD CONSTRAINT {quoted(made.name)} {form} USING INDEX {quoted(made.name)}"
        ),
    )


def _dropped(made: Made, table: Relation) -> str:
    """An attempt that fails leaves an index that is not valid."""
    return (
        f"    op.drop_index({text(made.name)}, {text(table.name)}{schema(table)}, postgresql_concurrently=True,"
        " if_exists=True)  # left by an attempt that failed"
    )


def _check(made: Made, table: Relation, _: str) -> str:
    return lines(
        "Add the constraint without looking at the rows that are there:",
        execute(f"ALTER TABLE {named(table)} ADD CONSTRAINT {quoted(made.name)} {made.definition} NOT VALID"),
        LATER,
        execute(f"ALTER TABLE {named(table)} VALIDATE CONSTRAINT {quoted(made.name)}"),
    )


def _validate(made: Made, table: Relation, _: str) -> str:
    return lines(
        "VALIDATE locks nobody out by itself: run it in a transaction of its own, in a revision after the one that adds"
        " the constraint (transaction_per_migration=True in env.py):",
        execute(f"ALTER TABLE {named(table)} VALIDATE CONSTRAINT {quoted(made.name)}"),
    )


def _not_null(made: Made, table: Relation, _: str) -> str:
    return lines(
        "Let a CHECK look at the rows first, which locks nobody out; SET NOT NULL then reads none:",
        *_searched(made, table),
    )


def _searched(made: Made, table: Relation) -> list[str]:
    """The lines that make a column NOT NULL whose rows are searched while the table is in use."""
    plain = generated(table.name, [made.name], "not_null")
    name = quoted(plain)
    return [
        execute(f"ALTER TABLE {named(table)} ADD CONSTRAINT {name} CHECK ({quoted(made.name)} IS NOT NULL) NOT VALID"),
        LATER,
        execute(f"ALTER TABLE {named(table)} VALIDATE CONSTRAINT {name}"),
        "and after that:",
        f"op.alter_column({text(table.name)}, {text(made.name)}, nullable=False{schema(table)})",
        f"op.drop_constraint({text(plain)}, {text(table.name)}{schema(table)})",
    ]


def _foreign_key(made: Made, table: Relation, _: str) -> str:
    return lines(
        "Add the foreign key without looking at the rows that are there:",
        execute(f"ALTER TABLE {named(table)} ADD CONSTRAINT {quoted(made.name)} {made.definition} NOT VALID"),
        LATER,
        execute(f"ALTER TABLE {named(table)} VALIDATE CONSTRAINT {quoted(made.name)}"),
    )


def _filled(made: Made, table: Relation, _: str) -> str:
    kind, _default, default = made.definition.partition(" DEFAULT ")
    column = quoted(made.name)
    fill = f"UPDATE {named(table)} SET {column} = ... WHERE ... AND {column} IS NULL"
    later = f"ALTER TABLE {named(table)} ALTER COLUMN {quoted(made.name)} SET DEFAULT {default}"
    return lines(
        "Add the column without what has to be computed for each row, and fill it in batches:",
        execute(f"ALTER TABLE {named(table)} ADD COLUMN {quoted(made.name)} {kind}"),
        *([execute(later)] if default else []),
        "in a revision after it, for each range of keys:",
        BLOCK,
        f"    {execute(fill)}",
        *(["and when all is filled:", *_searched(made, table)] if made.beside.required else []),
    )


def _rewritten(_made: Made, table: Relation, _: str) -> str:
    return (
        f"Run what rewrites {table} when nobody uses it; or copy its rows in batches to a new table, which a trigger"
        " keeps up to date meanwhile, and swap the names."
    )


def _refreshed(_made: Made, table: Relation, _: str) -> str:
    return lines(
        f"With a unique index on {table}, it can be read while it is filled anew:",
        BLOCK,
        f"    {execute(f'REFRESH MATERIALIZED VIEW CONCURRENTLY {named(table)}')}",
    )


def _excluded(made: Made, table: Relation, _: str) -> str:
    return (
        f"PostgreSQL builds the index of an exclusion constraint under its lock only: add {made.name} to {table} when"
        " nobody uses it, or to a new table that takes its place."
    )


def _of_rows(hold: Hold, relations: Mapping[int, Relation]) -> str:
    """For statements that only read or write rows: not in the transaction that holds the lock."""
    for growing in hold.growing:
        change = _changed(growing, relations)
        if change is not None:
            return _later(hold, growing, change, relations)
    if hold.growing[0].statement == hold.since:
        return _by_itself(hold)
    return (
        f"Run `{shown(hold.growing[0].statement)}` before the statement that locks {hold.table}, if it needs nothing"
        " that the revision has made by then; else in a revision of its own after this one"
        " (transaction_per_migration=True in env.py)."
    )


def _by_itself(hold: Hold) -> str:
    """For a statement that reads the rows under a lock of its own: it can't be run before that."""
    concurrently = _REINDEX.sub(r"\1 CONCURRENTLY ", " ".join(hold.since.split()))
    if concurrently != " ".join(hold.since.split()):
        return lines("Rebuild the indexes while the table is in use:", BLOCK, f"    {execute(concurrently)}")
    return (
        f"Take `{shown(hold.since)}` apart: what locks {hold.table} and what reads rows, each in a revision of its own"
        " (transaction_per_migration=True in env.py)."
    )


# What can be done CONCURRENTLY and is not, up to the name (manual, REINDEX); alone in its string.
_REINDEX = re.compile(
    r"^(REINDEX (?:\([^)]*\) ?)?(?:TABLE|INDEX|SCHEMA|DATABASE))(?! CONCURRENTLY) (?=[^;]*;?$)", re.IGNORECASE
)


def _changed(growing: Growing, relations: Mapping[int, Relation]) -> Change | None:
    """What the statement changes, also where it found no row to change; a block or a function by what it did."""
    written = next((relations[oid] for oid, work in growing.many.items() if work.written and oid in relations), None)
    named = change_of(growing.statement)
    if named is None:
        return None if written is None else Change("UPDATE", (written.schema, written.name))
    known = [one for one in relations.values() if one.name == named.table[1] and named.table[0] in {"", one.schema}]
    table = written if written in known else next(iter(known), None)
    return named if table is None else replace(named, table=(table.schema, table.name))


def _later(hold: Hold, growing: Growing, change: Change, relations: Mapping[int, Relation]) -> str:
    doing, statement = _CHANGING[change.verb]
    read = max(growing.many, key=lambda oid: growing.many[oid].read if oid in relations else -1)
    table = quoted(*(one for one in change.table if one not in {"", "public"}))
    line = statement.format(table=table, read=named(relations[read]) if read in relations else "...")
    return lines(
        f"{doing.format(table=change)} in a revision of its own, after the one that locks {hold.table}"
        " (transaction_per_migration=True in env.py), for each range of keys in a transaction of its own:",
        BLOCK,
        f"    {execute(line)}",
    )


# By the verb: what is to be done later, and its statement for one range.
_CHANGING: Mapping[str, tuple[str, str]] = {
    "UPDATE": ("Fill the rows of {table}", "UPDATE {table} SET ... WHERE id BETWEEN ... AND ..."),
    "INSERT": ("Fill {table}", "INSERT INTO {table} SELECT ... FROM {read} WHERE id BETWEEN ... AND ..."),
    "DELETE": ("Delete the rows of {table}", "DELETE FROM {table} WHERE id BETWEEN ... AND ..."),
    "MERGE": (
        "Merge the rows into {table}",
        "MERGE INTO {table} USING (SELECT ... FROM {read} WHERE id BETWEEN ... AND ...) ...",
    ),
}

_RECIPES: Mapping[str, Callable[[Made, Relation, str], str]] = {
    "index": _index,
    "unique": _unique,
    "check": _check,
    "validate": _validate,
    "not-null": _not_null,
    "foreign-key": _foreign_key,
    "type": second_column,
    "rebuilt": second_column,
    "rechecked": second_column,
    "volatile": _filled,
    "stored": _filled,
    "identity": _filled,
    "rewrite": _rewritten,
    "refresh": _refreshed,
    "exclude": _excluded,
}
