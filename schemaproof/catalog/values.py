"""What a catalog is made of: names of objects, and plain values."""

from collections.abc import Mapping
from typing import NamedTuple

type Value = str | int | bool | tuple["Value", ...] | None
type Attributes = Mapping[str, Value]

# Kinds that have a name of their own in the schema, though they belong to a table.
_NAMED_IN_SCHEMA = frozenset({"index"})


class Identity(NamedTuple):
    """The name of an object, the same in every database that has it.

    Attributes:
        kind: PostgreSQL's word for it: "table", "column", "constraint", "index", "materialized view", ...
        schema: its schema, that of its parent for what has a parent; "" for what is in none (an extension, a schema).
        parent: the table, view or domain that it belongs to; "" for what stands alone.
        name: its own; a routine's with the types of its arguments.
    """

    kind: str
    schema: str
    parent: str
    name: str

    def __str__(self) -> str:
        parent = "" if self.kind in _NAMED_IN_SCHEMA else self.parent
        return f"{self.kind} {'.'.join(part for part in (self.schema, parent, self.name) if part)}"


def shown(value: Value) -> str:
    """``value`` for people: none, yes, no, the text itself, or a list in parentheses."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return f"({', '.join(map(shown, value))})"
    return str(value)
