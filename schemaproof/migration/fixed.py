"""What a finding says of a schema that depends on when it was made."""

import re

from schemaproof.catalog import Difference
from schemaproof.catalog.values import shown
from schemaproof.check import Check
from schemaproof.finding import Finding

# How PostgreSQL prints a constant of a type that holds a moment: '2026-11-29 08:37:27+00'::timestamp with time zone
_MOMENT = re.compile(r"^'[^']*'::(?:timestamp|date|time)\b")


def fixed_at_the_time(check: Check, difference: Difference, revision: str) -> Finding:
    """A finding of ``check``: ``difference`` is between two upgrades of empty databases to ``revision``."""
    if difference.kind != "changed":
        return check.finding(
            f"{revision} gives {difference.identity} a different name in each run.",
            kind="a name of each run",
            revision=revision,
            object=difference.identity,
            evidence="a second upgrade did not create it, but one with another name",
            consequence="Each environment gets a different schema, and no later revision can name the object.",
            remedy="Write the name into the revision as a constant, instead of computing it there.",
        )
    values = f"{shown(difference.before)}\nin another: {shown(difference.after)}"
    is_moment = difference.attribute == "default" and bool(_MOMENT.match(str(difference.after)))
    return check.finding(
        f"The {difference.attribute} of {difference.identity} is fixed at the time of the migration.",
        kind=f"fixed {difference.attribute}",
        revision=revision,
        object=difference.identity,
        evidence=f"in one database: {values}",
        consequence=_ROWS
        if is_moment
        else "Each environment gets a different schema: what is deployed was not tested.",
        remedy=_default(difference)
        if is_moment
        else "Write the value into the revision as a constant, instead of computing it there.",
    )


_ROWS = (
    "Every row that relies on the default gets the moment of the migration, not that of its INSERT; and each database"
    " has a different one."
)


def _default(difference: Difference) -> str:
    _, schema, table, column = difference.identity
    where = "" if schema == "public" else f", schema={schema!r}"
    line = f'op.alter_column({table!r}, {column!r}, server_default=sa.text("now()"){where})'
    return (
        "A str is a literal, which PostgreSQL evaluates once, when the table is created. Write"
        ' `server_default=sa.text("now()")` in the model and in the revision; and for databases that have the column,'
        " in a"
        f" new revision: `{line}`."
    )
