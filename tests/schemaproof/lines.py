"""Lines of a revision that a remedy names, run."""

from contextlib import nullcontext
from types import SimpleNamespace

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection

_BEGINNINGS = ("op.", "with op.", "for ", "    ")
_OPERATIONS = ("alter_column", "create_index", "drop_constraint", "drop_index")


def run_lines(lines: str, connection: Connection) -> None:
    """Run those of ``lines`` that are a revision's.

    Args:
        lines: among others, some that begin with an operation or with its block.
        connection: in autocommit mode.
    """
    code = [line for line in lines.splitlines() if line.startswith(_BEGINNINGS)]
    operations = Operations(MigrationContext.configure(connection))
    block = SimpleNamespace(autocommit_block=nullcontext)
    op = SimpleNamespace(
        get_context=lambda: block,
        execute=lambda text: connection.exec_driver_sql(text.replace("%", "%%")),
        **{name: getattr(operations, name) for name in _OPERATIONS},
    )
    exec("\n".join(code), {"op": op})  # noqa: S102 (our own lines)
