"""The lines of a revision that make the database's foreign key what the model declares."""

from schemaproof.migration.lines.operations import execute
from schemaproof.migration.lines.quoting import quoted
from schemaproof.proofs.deletes.graph import Action, ForeignKey


def as_declared(declared: ForeignKey | None, found: ForeignKey | None) -> str:
    """What to write where the database has ``found`` for what the model has as ``declared``; None stands for no key."""
    drop = f"`{execute(_drop(found))}`" if found is not None and found.name else ""
    if declared is None:
        return f"Declare the key in the model as the database has it; or write in a revision: {drop}."
    lines = [drop, f"`{execute(_add(declared, found))}`"]
    return f"Write in a revision: {', then '.join(filter(None, lines))}; or adjust the model."


def _drop(key: ForeignKey) -> str:
    return f"ALTER TABLE {quoted(*key.table)} DROP CONSTRAINT {quoted(key.name)}"


def _add(key: ForeignKey, found: ForeignKey | None) -> str:
    name = key.name or (found.name if found is not None else "")
    parts = [
        f"ALTER TABLE {quoted(*key.table)} ADD",
        f"CONSTRAINT {quoted(name)}" if name else "",
        f"FOREIGN KEY ({_listed(key.columns)}) REFERENCES {quoted(*key.parent)} ({_listed(key.referenced)})",
        "MATCH FULL" if key.match_full else "",
        "" if key.on_update is Action.NO_ACTION else f"ON UPDATE {key.on_update}",
        "" if key.on_delete is Action.NO_ACTION else f"ON DELETE {key.on_delete}",
        f"({_listed(key.set_columns)})" if key.set_columns and key.set_columns != key.columns else "",
        "DEFERRABLE" if key.deferrable else "",
        "INITIALLY DEFERRED" if key.deferred else "",
    ]
    return " ".join(filter(None, parts))


def _listed(columns: tuple[str, ...]) -> str:
    return ", ".join(map(quoted, columns))
