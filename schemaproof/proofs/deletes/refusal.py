"""Why a statement, or the end of a transaction, is refused."""

from dataclasses import dataclass
from enum import StrEnum

from schemaproof.proofs.deletes.graph import ForeignKey, TableName


class Why(StrEnum):
    """What is violated."""

    MISSING = "the row that it would refer to is not there"
    MIXED = "MATCH FULL refuses a reference that is NULL in part"
    REFERENCED = "the row is still referred to"
    RESTRICTED = "the row is referred to, and RESTRICT waits for nothing"
    REQUIRED = "the column refuses NULL"
    DUPLICATE = "another row has the same values"


# RESTRICT has a SQLSTATE of its own from PostgreSQL 18 on.
_STATES = {Why.RESTRICTED: {"23503", "23001"}, Why.REQUIRED: {"23502"}, Why.DUPLICATE: {"23505"}}


@dataclass(frozen=True)
class Refused:
    """A refusal; nothing of the refused statement is left.

    Attributes:
        why: what is violated.
        table: the one that has the violated rule.
        key: the violated foreign key; None for other rules.
        columns: the one that refuses NULL, or those that are unique; the key's own for a foreign key.
    """

    why: Why
    table: TableName
    columns: tuple[str, ...]
    key: ForeignKey | None = None

    @property
    def column(self) -> str | None:
        """The column that refuses NULL; None for other rules."""
        return self.columns[0] if self.why is Why.REQUIRED else None

    @property
    def sqlstates(self) -> frozenset[str]:
        """With which of them PostgreSQL says it, depending on its version (manual, Appendix A)."""
        return frozenset(_STATES.get(self.why, {"23503"}))

    def __str__(self) -> str:
        """For people: "refused by app.message (user_id) -> app.user (id): the row is still referred to"."""
        return f"refused by {self.key or f'{self.table} ({", ".join(self.columns)})'}: {self.why}"
