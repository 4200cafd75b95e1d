"""Who sees each statement that a revision sends."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from schemaproof.migration.redirect import Redirection


class Witness:
    """An Observer of one run that does nothing but remember.

    Attributes:
        statements: what the revisions' own code sent, in order.
    """

    def __init__(self) -> None:
        self.statements: list[str] = []
        self._redirection: Redirection | None = None

    def begin(self, redirection: Redirection) -> None:
        self._redirection = redirection

    def before(self, _connection: Connection, _cursor: Any, statement: str) -> None:
        if self._redirection is not None and self._redirection.watched:
            self.statements.append(statement)

    def after(self, connection: Connection, cursor: Any, statement: str) -> None:
        """Nothing."""

    def commit(self, _connection: Connection, commit: Callable[[], None]) -> None:
        commit()
