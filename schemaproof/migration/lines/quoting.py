"""Names and values as SQL and Python spell them."""

import json

from schemaproof.catalog.values import Value
from schemaproof.migration.autogenerate import longnames


def quoted(*names: str) -> str:
    """A qualified name, in quotes where PostgreSQL needs them."""
    quote = longnames.DEFAULT.identifier_preparer.quote
    return ".".join(map(quote, names))


def literal(value: Value) -> str:
    """A string, or NULL."""
    return "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"


def text(value: object) -> str:
    """``value`` as a Python string in double quotes."""
    return json.dumps(str(value), ensure_ascii=False)
