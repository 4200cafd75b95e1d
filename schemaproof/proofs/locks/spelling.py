"""The lines of a revision, as they are typed."""

from schemaproof.migration.lines.quoting import quoted, text
from schemaproof.proofs.locks.relations import Relation

LATER = "and in a revision after it (each in a transaction of its own, transaction_per_migration=True):"


def lines(*some: str) -> str:
    """Them, one below the other."""
    return "\n".join(some)


def execute(statement: str) -> str:
    """The line that executes ``statement``, in the quotes that it has fewer of."""
    if '"' in statement and "'" not in statement:
        return f"op.execute('{statement}')"
    return f"op.execute({text(statement)})"


def named(table: Relation) -> str:
    """The table in SQL, without the schema that is everybody's."""
    return quoted(table.name) if table.schema == "public" else quoted(table.schema, table.name)


def schema(table: Relation) -> str:
    """The argument of an operation on ``table`` that says its schema."""
    return "" if table.schema == "public" else f", schema={text(table.schema)}"
