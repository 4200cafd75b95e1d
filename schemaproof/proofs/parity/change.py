"""One object that differs, as what writes its remedy sees it."""

from dataclasses import dataclass

from schemaproof.catalog import Identity
from schemaproof.catalog.values import Attributes
from schemaproof.proofs.parity.quoting import quoted, text


@dataclass(frozen=True)
class Change:
    """One object that differs.

    Attributes:
        identity: what it is.
        kind: "missing" in the migrated database, "extra" there, or "changed".
        model: what the model says of it; empty where it has none.
        migrated: what the migrations make of it; empty where they make none.
        attributes: which differ.
        home: the schema that needs no ``schema=``.
        called: its name in the migrated database.
    """

    identity: Identity
    kind: str
    model: Attributes
    migrated: Attributes
    attributes: frozenset[str]
    home: str
    called: str

    @property
    def table(self) -> str:
        """The table's name, quoted for SQL."""
        return quoted(self.identity.schema, self.identity.parent or self.identity.name)

    @property
    def place(self) -> str:
        """``schema=`` where it is needed."""
        return "" if self.identity.schema == self.home else f", schema={text(self.identity.schema)}"
