"""A downgrade that drops a constraint without a name: ``op.drop_constraint(None, ...)``, as autogenerate writes it."""

from collections.abc import Iterator
from types import TracebackType

from sqlalchemy import CheckConstraint, Constraint, ForeignKeyConstraint, PrimaryKeyConstraint, UniqueConstraint

from schemaproof.catalog import Difference, Identity
from schemaproof.migration.autogenerate.layout import PUBLIC
from schemaproof.migration.lines.operations import change_of, operations
from schemaproof.migration.stairway import Stairs

_TYPES = {
    ForeignKeyConstraint: "FOREIGN KEY",
    UniqueConstraint: "UNIQUE",
    CheckConstraint: "CHECK",
    PrimaryKeyConstraint: "PRIMARY KEY",
}


def naming(error: BaseException | None, stairs: Stairs) -> str | None:
    """The call with the name that the constraint has; None for another error, or where several constraints fit."""
    dropped = _dropped(error.__traceback__) if error is not None else None
    found = list(_added(dropped, stairs)) if dropped is not None else []
    if len(found) != 1 or stairs.first is None:
        return None
    extra = Difference(found[0], "", None, None)
    (line,) = operations(change_of([extra], stairs.before.objects, stairs.first.objects, PUBLIC))
    return f"Drop the constraint by the name that it has after the upgrade: `{line}`."


def _dropped(trace: TracebackType | None) -> Constraint | None:
    """The constraint without a name that Alembic was about to drop where the error was raised."""
    while trace is not None:
        frame = trace.tb_frame
        if frame.f_code.co_name == "drop_constraint":
            for value in frame.f_locals.values():
                if isinstance(value, Constraint) and value.name is None:
                    return value
        trace = trace.tb_next
    return None


def _added(dropped: Constraint, stairs: Stairs) -> Iterator[Identity]:
    """The constraints of its table and kind that the upgrade adds."""
    first = stairs.first.objects if stairs.first is not None else {}
    wanted = next((name for kind, name in _TYPES.items() if isinstance(dropped, kind)), None)
    for identity, attributes in first.items():
        if (
            identity.kind == "constraint"
            and identity not in stairs.before.objects
            and identity.parent == dropped.table.name
            and dropped.table.schema in {None, identity.schema}
            and (attributes["type"] == wanted if wanted else attributes["type"] != "NOT NULL")
        ):
            yield identity
