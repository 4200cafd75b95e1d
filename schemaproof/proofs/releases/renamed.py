"""What a table or view leaves behind that gets another name: all that the older release knows of it."""

from schemaproof.migration.lines.quoting import quoted, text
from schemaproof.proofs.releases.affected import Name
from schemaproof.proofs.releases.samples import Attribute, Relation


def view_of_the_old_name(older: Relation, newer: Relation) -> str:
    """The lines for one release: a view, and what has to stay with it for as long as that.

    A view that gives NULL for a column that is dropped could be read, and not written to.
    """
    now = {column.number: (name, column) for name, column in newer.columns.items()}
    gone = [name for name, column in older.columns.items() if column.number not in now]
    other = {name: now[column.number] for name, column in older.columns.items() if column.number in now}
    retyped = [name for name, (_, column) in other.items() if column.type != older.columns[name].type]
    statement = f"CREATE VIEW {named(older.name)} AS SELECT {_columns(older, other)} FROM {named(newer.name)}"  # noqa: S608 (shown)
    stays = [_kept(name, older.columns[name], newer.name) for name in gone]
    stays += [f"the new type of {name}" for name in retyped]
    view = (
        f"Leave a view of the old name for one release: `op.execute({text(statement)})`, and drop it in a revision of"
    )
    if not stays:
        return f"{view} the next one."
    return f"{view} the next one. It needs the columns as they were: move {' and '.join(stays)} into that revision too."


def named(name: Name) -> str:
    """A table's name in SQL."""
    return quoted(*(name if name[0] != "public" else name[1:]))


def _columns(older: Relation, other: dict[str, tuple[str, Attribute]]) -> str:
    """What the view selects: those that have another name now, by the one that the older release knows."""
    if all(name == now for name, (now, _) in other.items()):
        return "*"
    ordered = sorted(older.columns, key=lambda name: older.columns[name].number)
    known = [(name, other[name][0] if name in other else name) for name in ordered]
    return ", ".join(quoted(now) if name == now else f"{quoted(now)} AS {quoted(name)}" for name, now in known)


def _kept(column: str, was: Attribute, table: Name) -> str:
    """The line that has to wait; until then the newer release, which does not know the column, must get by."""
    schema = "" if table[0] == "public" else f", schema={text(table[0])}"
    names = f"{text(table[1])}, {text(column)}"
    bare = was.required and not was.supplied and not was.generated
    until = f" (until then: `op.alter_column({names}, nullable=True{schema})`)" if bare else ""
    return f"`op.drop_column({names}{schema})`{until}"
