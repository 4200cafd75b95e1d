"""How a column gets another type or collation while its table is in use: by a second one that takes its place."""

import re
from collections.abc import Iterator

from schemaproof.catalog.names import free, generated
from schemaproof.migration.lines.operations import BLOCK
from schemaproof.migration.lines.partitions import Partitions
from schemaproof.migration.lines.quoting import quoted
from schemaproof.proofs.locks.changing import conversion
from schemaproof.proofs.locks.facts import Made
from schemaproof.proofs.locks.relations import Relation
from schemaproof.proofs.locks.spelling import LATER, execute, lines, named


def second_column(made: Made, table: Relation, statement: str, parts: Partitions | None = None) -> str:
    """What to write instead of ``statement``, which makes ``made`` of a column of ``table``, with its ``parts``."""
    why = _why(made)
    tied = _tied(made)
    if tied:
        return (
            f"{why}Run it when nobody uses {table}; or copy its rows in batches to a new table, which a trigger keeps"
            f" up to date meanwhile, and swap the names. A second column can't simply take the place of {made.name},"
            f" which {tied}."
        )
    column, new = quoted(made.name), quoted(_second(made.name))
    alter = f"ALTER TABLE {named(table)}"
    filled = conversion(statement, made.name) or column
    fill = f"UPDATE {named(table)} SET {new} = {filled} WHERE ... AND {new} IS NULL"  # noqa: S608 (it is shown)
    return lines(
        f"{why}Add a second column, let a trigger or the application write both, fill it in batches, and swap the"
        f" names{'; or run it when nobody uses the table' if why else ''}:",
        execute(f"{alter} ADD COLUMN {new} {made.definition}"),
        "in a revision after it, for each range of keys:",
        BLOCK,
        f"    {execute(fill)}",
        "and when all is filled:",
        *_prepared(made, table, alter, new, parts),
        execute(f"{alter} DROP COLUMN {column}"),
        execute(f"{alter} RENAME COLUMN {new} TO {column}"),
        *_renamed(made, table, alter),
    )


def _second(column: str) -> str:
    """The name of the second column."""
    return free(column, "new", {column})


def _names(made: Made) -> dict[str, str]:
    """By the names of what goes with the column, those of what takes its place: none is cut to another one's."""
    old = [name for name, _ in (*made.beside.indexes, *made.beside.checks)]
    found: dict[str, str] = {}
    for name in old:
        found[name] = free(name, "new", {*old, *found.values()})
    return found


def _why(made: Made) -> str:
    what = "collation" if made.collated else "type"
    if made.kind == "rebuilt":
        return f"Changing the {what} rebuilds every index on {made.name}, and PostgreSQL has no online way. "
    if made.kind == "rechecked":
        return f"Changing the {what} checks all rows again, and PostgreSQL has no online way. "
    return ""


def _tied(made: Made) -> str:
    """What ties the column to its place, in words; "" for nothing."""
    beside = made.beside
    words = [f"is part of {_listed(beside.keys)}"] if beside.keys else []
    words += [f"is referred to by {_listed(beside.referring)}"] if beside.referring else []
    words += ["has a sequence of its own"] if beside.sequence else []
    words += ["is computed from others"] if beside.generated else []
    return " and ".join(words)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names)


def _prepared(made: Made, table: Relation, alter: str, new: str, parts: Partitions | None) -> Iterator[str]:
    """What the second column must have before it takes the other one's place; nobody waits for it."""
    beside = made.beside
    if parts is not None:
        for name, definition in beside.indexes:
            what = f"USING {_of_the_second(made.name, definition.partition(' USING ')[2])}"
            yield from parts.index(_names(made)[name], what, unique=definition.startswith("CREATE UNIQUE"))
    elif beside.indexes:
        yield BLOCK
        yield from (f"    {execute(_index(definition, name, made))}" for name, definition in beside.indexes)
    checks = _checks(made, table)
    if checks:
        for name, condition in checks:
            yield execute(f"{alter} ADD CONSTRAINT {quoted(name)} {condition} NOT VALID")
        yield LATER
        for name, _ in checks:
            yield execute(f"{alter} VALIDATE CONSTRAINT {quoted(name)}")
        yield "and after that:"
    if beside.required:
        yield execute(f"{alter} ALTER COLUMN {new} SET NOT NULL")
        yield execute(f"{alter} DROP CONSTRAINT {quoted(checks[0][0])}")
    if beside.default is not None:
        yield execute(f"{alter} ALTER COLUMN {new} SET DEFAULT {beside.default}")


def _checks(made: Made, table: Relation) -> list[tuple[str, str]]:
    """Name and condition of each constraint that the second column needs: the first one for NOT NULL."""
    new = quoted(_second(made.name))
    required = (
        [(generated(table.name, [_second(made.name)], "check"), f"CHECK ({new} IS NOT NULL)")]
        if made.beside.required
        else []
    )
    others = [(_names(made)[name], _of_the_second(made.name, condition)) for name, condition in made.beside.checks]
    return required + others


def _index(definition: str, name: str, made: Made) -> str:
    """The statement that builds the index for the second column while the table is in use."""
    head, _, rest = definition.partition(f" {quoted(name)} ON ")
    table, _, what = rest.partition(" USING ")
    new = quoted(_names(made)[name])
    return f"{head} CONCURRENTLY {new} ON {table} USING {_of_the_second(made.name, what)}"


def _of_the_second(column: str, words: str) -> str:
    """An expression on ``column`` as one on the second column; what stands in strings, and a type's name, stays."""
    name = re.compile(rf"('(?:[^']|'')*')|(?<![\w\"$.:]){re.escape(quoted(column))}(?![\w\"$(])")
    return name.sub(lambda found: found[1] or quoted(_second(column)), words)


def _renamed(made: Made, table: Relation, alter: str) -> Iterator[str]:
    """The old names for what went with the old column."""
    names = _names(made)
    for name, _ in made.beside.indexes:
        place = () if table.schema == "public" else (table.schema,)
        yield execute(f"ALTER INDEX {quoted(*place, names[name])} RENAME TO {quoted(name)}")
    for name, _ in made.beside.checks:
        yield execute(f"{alter} RENAME CONSTRAINT {quoted(names[name])} TO {quoted(name)}")
