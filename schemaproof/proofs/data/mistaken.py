"""Statements that fail whatever was done to the rows before: they are no SQL, and are run only where there are rows."""

import re

from schemaproof.migration.environment import sqlstate
from schemaproof.proofs.data.refusals import failed_statement

_SYNTAX = "42601"
# text() takes ":name" for a parameter unless a colon follows it.
_NO_PARAMETER = re.compile(r"(?<![:\w]):(\w+)::([\w.]+(?:\[\])?)")


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
