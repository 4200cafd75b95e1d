"""Foreign keys that a model declares and its database does not have."""

from collections.abc import Collection
from typing import NamedTuple

from schemaproof.rows.tables import Key, Table


class Reference(NamedTuple):
    """A foreign key: schema and name of both tables, and their columns in pairs."""

    table: tuple[str, str]
    columns: tuple[str, ...]
    parent: tuple[str, str]
    referenced: tuple[str, ...]


def refer(tables: Collection[Table], keys: Collection[Reference]) -> None:
    """Give ``tables`` these keys too, as far as they have their columns."""
    by_name = {(one.schema, one.name): one for one in tables}
    for number, key in enumerate(keys):
        table, parent = by_name.get(key.table), by_name.get(key.parent)
        if table and parent and table.columns.keys() >= {*key.columns} and parent.columns.keys() >= {*key.referenced}:
            table.keys[f"\0{number}"] = Key(  # a name that none in the database has
                key.columns, parent.oid, key.parent, parent.partitioned, key.referenced, whole=False, deferrable=True
            )
