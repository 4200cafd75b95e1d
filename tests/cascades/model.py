"""FR-007 in Python: trees of rows, and what is left of one when some of its rows are deleted.

Nothing here is read from the tables' definitions, in PostgreSQL or in the ORM: this is what they are compared with.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

type Row = tuple[str, UUID]
"""A row's table and id: ``("users", UUID(int=1))``."""

# Whose rows go with whose: table -> (its parent's table, the column that holds the parent's id). Parents come first.
PARENTS = {
    "conversations": ("users", "user_id"),
    "mcp_configs": ("users", "user_id"),
    "messages": ("conversations", "conversation_id"),
}


@dataclass(frozen=True)
class Tree:
    """The rows of all tables: table name -> its rows, each a value per column."""

    tables: dict[str, list[dict[str, Any]]]

    @property
    def rows(self) -> list[Row]:
        """Every row, parents first."""
        return [(table, row["id"]) for table, rows in self.tables.items() for row in rows]

    def children(self, table: str, parent: UUID) -> list[UUID]:
        """The ids of the rows of ``table`` that hang on ``parent``."""
        return [row["id"] for row in self.tables[table] if row[PARENTS[table][1]] == parent]


def survivors(tree: Tree, deleted: Iterable[Row]) -> set[Row]:
    """The rows that are left: those that are not deleted themselves and whose parent is left."""
    gone = set(deleted)
    for table, (parent, column) in PARENTS.items():
        gone |= {(table, row["id"]) for row in tree.tables[table] if (parent, row[column]) in gone}
    return set(tree.rows) - gone
