"""A column that must have a value, in which a migration has met NULL: what to write about it."""

from dataclasses import dataclass

from schemaproof.catalog import Identity
from schemaproof.migration.lines.operations import execute
from schemaproof.migration.lines.quoting import text
from schemaproof.proofs.data.refusals import not_null_column, said
from schemaproof.proofs.data.showing import identifier, quoted_name


@dataclass(frozen=True)
class Required:
    """The column that a violation of NOT NULL is about."""

    schema: str
    relation: str
    column: str

    @classmethod
    def of(cls, error: BaseException | None) -> "Required | None":
        """What ``error`` is about; None for any other error."""
        found = not_null_column(error)
        return cls(said(error, "schema_name") or "public", *found) if found else None

    @property
    def identity(self) -> Identity:
        """The column in a catalog."""
        return Identity("column", self.schema, self.relation, self.column)

    @property
    def table(self) -> str:
        """The table's name for SQL."""
        return quoted_name((self.schema, self.relation))

    @property
    def name(self) -> str:
        """The column's name for SQL."""
        return identifier(self.column)

    @property
    def filling(self) -> str:
        """The line of a revision that gives each row a value."""
        return execute(f"UPDATE {self.table} SET {self.name} = ... WHERE {self.name} IS NULL")

    @property
    def requiring(self) -> str:
        """The line of a revision that sets NOT NULL."""
        schema = "" if self.schema == "public" else f", schema={text(self.schema)}"
        return f"op.alter_column({text(self.relation)}, {text(self.column)}, nullable=False{schema})"
