"""Where a run of env.py can fail: its statements and COMMITs, found by watching one good run."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Connection

from schemaproof.migration.backends import backend_pid, in_transaction
from schemaproof.migration.redirect import Redirection
from schemaproof.proofs.failure.locks import Held

# What PostgreSQL runs in no transaction block ("CREATE INDEX CONCURRENTLY cannot run inside a transaction block"), and
# ALTER TYPE ... ADD VALUE, which it ran in none before release 12.
_OUTSIDE = re.compile(
    r"\bCONCURRENTLY\b|^\s*(?:VACUUM|CLUSTER|REINDEX|ALTER\s+SYSTEM|(?:CREATE|DROP)\s+(?:DATABASE|TABLESPACE"
    r"|SUBSCRIPTION))\b|^\s*ALTER\s+TYPE\b.*\bADD\s+VALUE\b",
    re.IGNORECASE | re.DOTALL,
)
_ENDS_TRANSACTION = re.compile(r"^\s*(?:COMMIT|END|ROLLBACK|ABORT)\b(?!\s+(?:PREPARED|TO)\b)", re.IGNORECASE)
_SYNCHRONOUS = """
    SELECT setting FROM pg_settings
    WHERE name = 'synchronous_commit' AND source NOT IN ('default', 'command line', 'configuration file')
"""
_SHOWN = 120  # characters of a statement


@dataclass(frozen=True)
class Site:
    """One place at which a run can fail.

    Attributes:
        place: its number among all of the run's statements and COMMITs, from 1.
        kind: "statement", or "commit" for a COMMIT that SQLAlchemy sends.
        part: whose it is: the "revision"'s (its code, the version table's statement, and the COMMIT after them), or
            "env.py"'s, before or after that.
        number: its number among the statements of its part, from 1; among its COMMITs for one.
        revision: the revision whose code has begun last; None before the first one's.
        statement: its text; "COMMIT" for a COMMIT.
        autocommit: whether SQLAlchemy was told to use AUTOCOMMIT for it.
        own: whether the code of a revision sends it; and not Alembic or env.py, which hear of what goes wrong with it.
        outside: whether the server ran it in no transaction block.
        renewed: whether something that was not seen has ended the transaction that the statement before it ran in.
        durability: ``synchronous_commit`` at a COMMIT, where the project sets it; else "".
        locks: the locks on relations that were there before and that it takes, in addition to ...
        held: ... those that the session held already.
    """

    place: int
    kind: Literal["statement", "commit"]
    part: Literal["revision", "env.py"]
    number: int
    revision: str | None
    statement: str
    own: bool = True
    autocommit: bool = False
    outside: bool = False
    renewed: bool = False
    durability: str = ""
    locks: Held = field(default_factory=dict)
    held: Held = field(default_factory=dict)

    @property
    def id(self) -> str:
        """For the names of tests: "statement-07", "commit-01", "env-03"."""
        kind = self.kind if self.part == "revision" else f"env-{self.kind}"
        return f"{kind}-{self.number:02}"

    @property
    def ends_transaction(self) -> bool:
        """Whether it is a COMMIT or ROLLBACK that is sent as a statement."""
        return self.kind == "statement" and bool(_ENDS_TRANSACTION.match(self.statement))

    @property
    def is_end(self) -> bool:
        """Whether what was done before it is committed, or undone, when it has run: nothing after it changes that."""
        return self.kind == "commit" or self.outside or self.ends_transaction

    @property
    def is_cleanup(self) -> bool:
        """Whether it is env.py's, after all that the revision does is committed."""
        return self.part == "env.py" and self.revision is not None

    @property
    def wants_no_transaction(self) -> bool:
        """Whether it was sent outside a transaction as one that PostgreSQL runs nowhere else."""
        return self.outside and bool(_OUTSIDE.search(self.statement))

    def __str__(self) -> str:
        text = " ".join(self.statement.split())
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]} ..."
        if self.kind == "commit":
            return f"COMMIT {self.number}" if self.number > 1 else "COMMIT"
        return f"statement {self.number}{'' if self.part == 'revision' else ' of env.py'} ({shown})"


class Counter:
    """Counts the statements of one run; the base of those who watch a run, or do something at a place of it.

    See ``Observer``, whose methods' arguments not everybody needs.
    """

    def __init__(self) -> None:
        self.redirection: Redirection | None = None  # of the run, once it has begun
        self._place = 0

    def begin(self, redirection: Redirection) -> None:
        self.redirection = redirection

    def before(self, connection: Connection, cursor: Any, statement: str) -> None:  # noqa: ARG002 (Observer's)
        self._place += 1

    def after(self, connection: Connection, cursor: Any, statement: str) -> None:
        """Nothing."""

    def commit(self, connection: Connection, commit: Callable[[], None]) -> None:  # noqa: ARG002 (Observer's)
        self._place += 1
        commit()


class Recorder(Counter):
    """Watches a run.

    Args:
        seen: the locks on relations of the server process with a pid, and the id of its transaction, if it has one, as
            another session sees them.

    Attributes:
        sites: the run's, in their order.
    """

    def __init__(self, seen: Callable[[int], tuple[Held, str | None]]) -> None:
        super().__init__()
        self.sites: list[Site] = []
        self._seen = seen
        self._held: Held = {}
        self._transaction: str | None = None
        self._numbers: dict[tuple[str, str], int] = {}
        self._finished = False  # whether the revisions' own COMMIT was seen

    def after(self, connection: Connection, cursor: Any, statement: str) -> None:  # noqa: ARG002 (Observer's)
        outside = not in_transaction(connection)
        # A statement outside a transaction has given its locks back already.
        held, transaction = ({}, None) if outside else self._seen(backend_pid(connection))
        new = {one: modes - self._held.get(one, frozenset()) for one, modes in held.items()}
        self._add(
            "statement",
            statement,
            autocommit=connection._is_autocommit_isolation(),
            outside=outside,
            renewed=self._transaction is not None and transaction != self._transaction and not outside,
            locks={one: modes for one, modes in new.items() if modes},
            held=self._held,
        )
        self._held, self._transaction = held, transaction

    def commit(self, connection: Connection, commit: Callable[[], None]) -> None:
        durability = _durability(connection)
        super().commit(connection, commit)
        self._held, self._transaction = {}, None
        self._add("commit", "COMMIT", durability=durability)
        about = self.redirection
        self._finished = about is not None and about.revision is not None and not about.watched

    def _add(self, kind: Literal["statement", "commit"], statement: str, **seen: Any) -> None:
        revision = self.redirection.revision if self.redirection is not None else None
        part: Literal["revision", "env.py"] = "env.py" if revision is None or self._finished else "revision"
        number = self._numbers[kind, part] = self._numbers.get((kind, part), 0) + 1
        own = self.redirection is not None and self.redirection.watched
        self.sites.append(Site(self._place, kind, part, number, revision, statement, own, **seen))


def _durability(connection: Connection) -> str:
    """``synchronous_commit`` where it is not the server's own; "" also in a transaction that an error has aborted."""
    if not in_transaction(connection):
        return ""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(_SYNCHRONOUS)
        row = cursor.fetchone()
    except connection.dialect.loaded_dbapi.Error:
        return ""
    finally:
        cursor.close()
    return str(row[0]) if row else ""
