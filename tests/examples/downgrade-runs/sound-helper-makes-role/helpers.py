"""For revisions."""

from alembic import context, op

READER = "example_helped_reader"


def admit_reader(table: str) -> None:
    """Let the reader, which is made, read ``table``."""
    _send(f"CREATE ROLE {READER}")
    _send(f"GRANT SELECT ON {table} TO {READER}")


def dismiss_reader(table: str) -> None:
    """Drop the reader."""
    _send(f"REVOKE SELECT ON {table} FROM {READER}")
    _send(f"DROP ROLE {READER}")


def _send(statement: str) -> None:
    if context.is_offline_mode():
        op.execute(statement)
        return
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(statement)
