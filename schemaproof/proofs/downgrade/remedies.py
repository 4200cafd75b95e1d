"""What to write into downgrade() for an object that it does not restore."""

from collections.abc import Sequence

from schemaproof.catalog import Difference, Identity
from schemaproof.migration.autogenerate.layout import PUBLIC, is_table
from schemaproof.migration.lines.operations import change_of, execute, operations
from schemaproof.migration.lines.quoting import literal, quoted, text
from schemaproof.migration.stairway import Stairs

_SERVER_KEEPS = "Nothing has to be done: what is left does not keep the upgrade from being run again."


def restoring(differences: Sequence[Difference], stairs: Stairs) -> str | None:
    """The lines that restore the object of all ``differences``; None where no rule has them.

    Args:
        differences: how it differs after the downgrade from before the upgrade.
        stairs: where both were seen.
    """
    lines = _lines(differences, stairs)
    if not lines:
        return _adding_again(differences[0], stairs)
    written = "; ".join(f"`{line}`" for line in lines)
    if _is_enum(differences[0], stairs):
        return f"Drop the type in downgrade(): {written}. DROP TABLE and DROP COLUMN leave it."
    return f"Write in downgrade(): {written}."


def left_alone(difference: Difference) -> str:
    """What can be done about a ``difference`` that may stay."""
    identity = difference.identity
    if identity.kind == "extension":
        drop = execute(f"DROP EXTENSION {quoted(identity.name)}")
        return f"{_SERVER_KEEPS} If nothing else uses the extension, downgrade() may drop it: `{drop}`."
    if difference.attribute == "labels":
        return f"{_SERVER_KEEPS} PostgreSQL can add a label to an enum and not drop one."
    return _SERVER_KEEPS


def _lines(differences: Sequence[Difference], stairs: Stairs) -> list[str]:
    first = differences[0]
    if stairs.after is None or not _is_covered(first.identity, stairs):
        return []
    if _is_enum(first, stairs):
        schema = "" if first.identity.schema == PUBLIC else f", schema={text(first.identity.schema)}"
        return [f"sa.Enum(name={text(first.identity.name)}{schema}).drop(op.get_bind())"]
    return operations(change_of(differences, stairs.before.objects, stairs.after.objects, PUBLIC))


def _adding_again(difference: Difference, stairs: Stairs) -> str | None:
    """How the upgrade passes where the labels that it adds to an enum are there already; None for anything else."""
    identity, after = difference.identity, stairs.after
    was = stairs.before.objects.get(identity, {}).get("labels")
    left = after.objects.get(identity, {}).get("labels") if after is not None else None
    if not isinstance(was, tuple) or not isinstance(left, tuple) or [one for one in left if one in was] != list(was):
        return None
    name = quoted(identity.name) if identity.schema == PUBLIC else quoted(identity.schema, identity.name)
    lines = []
    for place, label in enumerate(left):
        if label not in was:
            last = set(left[place:]).isdisjoint(was)
            where = "" if last else f" BEFORE {literal(next(one for one in left[place:] if one in was))}"
            lines.append(execute(f"ALTER TYPE {name} ADD VALUE IF NOT EXISTS {literal(label)}{where}"))
    written = "; ".join(f"`{line}`" for line in lines)
    return (
        f"PostgreSQL can't drop a label of an enum: let the upgrade pass where it is left, {written}."
        if lines
        else None
    )


def _is_covered(identity: Identity, stairs: Stairs) -> bool:
    """Whether the lines may be about it: ``op`` has constraints of tables, and none of domains."""
    if not identity.parent or stairs.after is None:
        return True
    places = {(one.schema, one.name) for one in stairs.after.objects if is_table(one.kind)}
    return (identity.schema, identity.parent) in places


def _is_enum(difference: Difference, stairs: Stairs) -> bool:
    """Whether it is an enum that the downgrade leaves."""
    found = {} if stairs.after is None else stairs.after.objects.get(difference.identity, {})
    return difference.kind == "extra" and difference.identity.kind == "type" and bool(found.get("labels"))
