"""One object that is not as it should be, for what writes the lines that change it."""

from dataclasses import dataclass

from schemaproof.catalog import Identity
from schemaproof.catalog.values import Attributes
from schemaproof.migration.lines.quoting import quoted, text


@dataclass(frozen=True)
class Change:
    """One object that is not as it should be.

    Attributes:
        identity: what it is.
        kind: "missing" where it is wanted and not found, "extra" where it is found and not wanted, or "changed".
        wanted: its attributes as they should be; empty where there should be none.
        found: its attributes as they are; empty where there is none.
        attributes: which differ.
        home: the schema that needs no ``schema=``.
        called: its name as found.
    """

    identity: Identity
    kind: str
    wanted: Attributes
    found: Attributes
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
