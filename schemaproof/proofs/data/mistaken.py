"""Statements that fail whatever was done to the rows before: by the NULLs that they make, or as no SQL."""

import re

from schemaproof.migration.environment import sqlstate
from schemaproof.migration.lines.quoting import text
from schemaproof.proofs.data.refusals import failed_statement, retyped

_NOT_NULL = "23502"
_SYNTAX = "42601"
# text() takes ":name" for a parameter unless a colon follows it.
_NO_PARAMETER = re.compile(r"(?<![:\w]):(\w+)::([\w.]+(?:\[\])?)")


def converted_to_null(error: BaseException | None) -> str:
    """What to write where a change of a column's type makes NULL of a value; "" for any other error."""
    write = retyped(error) if sqlstate(error) == _NOT_NULL else None
    if write is None:
        return ""
    place = next((number for number, one in enumerate(write.words) if one.text == "using"), None)
    words = write.words[place + 1 :] if place is not None else ()
    source = write.statement[words[0].start : words[-1].end] if words else "..."
    schema, name = write.table
    column = f"{text(name)}, {text(write.columns[0])}"
    where = f", schema={text(schema)}" if schema not in {None, "public"} else ""
    using = text(f"coalesce({source}, ...)")
    return (
        f"The conversion makes NULL of these values, and {write.columns[0]} takes none: say what they become,"
        f" `op.alter_column({column}, type_=..., postgresql_using={using}{where})`; or drop its NOT NULL before, in a"
        f" line of its own: `op.alter_column({column}, nullable=True{where})`."
    )


def wrong_statement(error: BaseException | None) -> str:
    """What to write where the statement is no SQL, and is run only where there are rows; "" for any other error."""
    if sqlstate(error) != _SYNTAX:
        return ""
    found = _NO_PARAMETER.search(failed_statement(error))
    if found:
        return (
            f"No row is at fault: text() takes no `{found[0]}` for a parameter, since a colon follows its name. Write"
            f" `CAST(:{found[1]} AS {found[2]})`."
        )
    return (
        "Correct the statement, which is run only where there are rows. Where it is made of what they hold, pass values"
        " as parameters, and quote names: `op.get_bind().dialect.identifier_preparer.quote(name)`."
    )
