"""A deferred constraint that fails at COMMIT: which statement wrote what it refuses."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass

from schemaproof.catalog.names import unquoted
from schemaproof.catalog.values import Attributes
from schemaproof.migration.environment import Run, sqlstate
from schemaproof.migration.lines.operations import execute
from schemaproof.migration.stairway import Stairs
from schemaproof.proofs.data.counting import constraint_of, referred_table, table_of
from schemaproof.proofs.data.refusals import failed_statement, said
from schemaproof.proofs.data.showing import quoted_name
from schemaproof.proofs.data.snapshot import Name
from schemaproof.proofs.data.tokens import tokens
from schemaproof.proofs.data.writes import Write, writes

# Those that can be deferred (manual, CREATE TABLE): foreign keys, unique and exclusion constraints.
_DEFERRABLE = frozenset({"23503", "23505", "23P01"})
_CHECKING = frozenset({"commit", "end", "set"})
_FOREIGN_KEY = "23503"
_TAKEN = "update or delete on table"  # the server has one code for both sides of a foreign key
_SHOWN = 120  # characters of a statement


@dataclass(frozen=True)
class Deferred:
    """What COMMIT refused.

    Attributes:
        constraint: the name of the constraint.
        table: its table.
        statement: the last one that wrote what it is about; "" where that is not known.
        error: that of the COMMIT, as if the statement itself had failed.
    """

    constraint: str
    table: Name
    statement: str
    error: BaseException

    @classmethod
    def of(cls, run: Run, stairs: Stairs, *, down: bool = False) -> "Deferred | None":
        """What ``run`` failed with; None where it failed at a statement that writes, or for another reason."""
        error, table = run.error, table_of(run.error)
        words = tokens(failed_statement(error))
        if error is None or table is None or sqlstate(error) not in _DEFERRABLE:
            return None
        if words and words[0].text not in _CHECKING:
            return None
        catalogs = (stairs.first, stairs.before) if down else (stairs.before, stairs.first)
        key = next((one for at in catalogs if at is not None and (one := constraint_of(error, table, at))), {})
        wrote = [one for one in writes([*run.redirection.noise.whole], {}).found if _concerns(one, table, key)]
        if sqlstate(error) == _FOREIGN_KEY:
            taken = _TAKEN in str(error)
            wrote = [one for one in wrote if one.of([table]) is not taken] or wrote
        statement = wrote[-1].statement if wrote else ""
        again = copy.copy(error)
        vars(again).update(vars(error), statement=statement or None)
        return cls(said(error, "constraint_name"), table, statement, again)

    @property
    def remedy(self) -> str:
        """Where it comes from; what to write instead is a matter of the statement."""
        begin = f"COMMIT checks {self.constraint}, which is deferred"
        if self.statement:
            return f"{begin}, and refuses what `{self._shown}` wrote. "
        return (
            f"{begin}: fix the rows that the revision writes to {quoted_name(self.table)} before it ends. After a"
            f" statement, `{execute('SET CONSTRAINTS ALL IMMEDIATE')}` fails for what that one wrote."
        )

    @property
    def _shown(self) -> str:
        line = " ".join(self.statement.split())
        return line if len(line) <= _SHOWN else f"{line[:_SHOWN]} ..."


def _concerns(write: Write, table: Name, key: Attributes) -> bool:
    """Whether the constraint may refuse what it writes: rows of its table, or those that a foreign key refers to."""
    own, theirs = (set(_columns(key, name)) for name in ("columns", "referenced columns"))
    if write.of([table]):
        return write.kind in {"insert", "copied"} or (write.kind == "update" and bool(own & set(write.columns)))
    parents = referred_table(key)
    return write.of(parents) and (
        write.kind == "delete" or (write.kind == "update" and bool(theirs & set(write.columns)))
    )


def _columns(key: Attributes, attribute: str) -> Iterator[str]:
    columns = key.get(attribute)
    yield from (unquoted(str(one))[-1] for one in (columns if isinstance(columns, list | tuple) else ()))
