"""Foreign keys of the metadata to tables that it does not hold: a module of the models that nobody has imported."""

from collections.abc import Iterable

from sqlalchemy import MetaData
from sqlalchemy.exc import InvalidRequestError, NoReferencedTableError


def tables_not_defined(metadata: Iterable[MetaData]) -> tuple[str, ...]:
    """The names of the tables that its foreign keys refer to and that nothing defines, sorted."""
    tables = [table for one in metadata for table in one.tables.values()]
    found = set()
    for key in (key for table in tables for key in table.foreign_keys):
        try:
            _ = key.column  # which looks it up
        except NoReferencedTableError as error:
            found.add(str(error.table_name))
        except InvalidRequestError:  # a column that its table does not have: Alembic says so
            continue
    # A key by name finds no table of another MetaData, which is there all the same.
    return tuple(sorted(found - {table.key for table in tables}))
