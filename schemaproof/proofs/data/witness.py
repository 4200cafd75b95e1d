"""Who sees each statement that a revision sends."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from schemaproof.migration.redirect import Redirection


class Witness:
    """An Observer of one run that does nothing but remember.

    Attributes:
        statements: what the revisions' own code sent, in order.
        rows: by the place of a statement there, how many rows it was about; only what the driver tells.
    """

    def __init__(self) -> None:
        self.statements: list[str] = []
        self.rows: dict[int, int] = {}
        self._redirection: Redirection | None = None

    def begin(self, redirection: Redirection) -> None:
        self._redirection = redirection

    def before(self, connection: Connection, cursor: Any, statement: str) -> None:  # noqa: ARG002 (Observer's)
        if self._redirection is not None and self._redirection.watched:
            self.statements.append(statement)

    def after(self, connection: Connection, cursor: Any, statement: str) -> None:  # noqa: ARG002 (Observer's)
        count = getattr(cursor, "rowcount", -1)
        if self.statements and self.statements[-1] is statement and isinstance(count, int) and count >= 0:
            self.rows[len(self.statements) - 1] = count

    def commit(self, connection: Connection, commit: Callable[[], None]) -> None:  # noqa: ARG002 (Observer's)
        commit()
