"""The index that a foreign key lacks, as a revision creates it and the model declares it: under the same name."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import Column, Index, MetaData, Table

from schemaproof.catalog.names import unquoted
from schemaproof.migration.autogenerate.longnames import rendered
from schemaproof.migration.lines.blocks import with_env
from schemaproof.migration.lines.operations import BLOCK
from schemaproof.migration.lines.partitions import Partitions
from schemaproof.migration.lines.quoting import quoted, text

if TYPE_CHECKING:
    from schemaproof.catalog import Identity
    from schemaproof.catalog.values import Attributes
    from schemaproof.proofs.deletes.keys import Key


class Indexing:
    """Writes indexes.

    Args:
        metadata: the model, whose naming convention the names follow.
        taken: schema and name of each index that there is.
        partitions: those of each partitioned table, by schema and name.
        begun_outside: whether env.py begins the transaction that migrations run in.
    """

    def __init__(
        self,
        metadata: Iterable[MetaData],
        taken: Collection[tuple[str, str]],
        partitions: Mapping[tuple[str, str], Sequence[tuple[str, str]]] | None = None,
        *,
        begun_outside: bool = False,
    ) -> None:
        self._begun_outside = begun_outside
        self._partitions = partitions or {}
        self._tables = [table for one in metadata for table in one.tables.values()]
        self._taken = taken

    def revision(self, key: "Key") -> str:
        """The lines of the revision that creates the index on the columns of ``key``."""
        return self.with_env(self.lines(key))

    def with_env(self, remedy: str) -> str:
        """``remedy``, and what env.py needs for it."""
        return with_env(remedy, begun_outside=self._begun_outside)

    def lines(self, key: "Key") -> str:
        """The lines themselves."""
        if not key.child.partitioned:
            return f"{BLOCK}\n    {self.line(key)}"
        whole = Partitions(key.child.name, self._partitions, self._taken)
        if not whole.leaves:
            return self.line(key)
        what = f"({', '.join(map(quoted, key.columns))})"
        return "\n".join(whole.index(self._name(key), what))

    def line(self, key: "Key") -> str:
        """The operation among them; of a partitioned table, where it has no partition yet."""
        schema = self._schema(key)
        place = "" if schema is None else f", schema={text(schema)}"
        # CONCURRENTLY is not for partitioned tables (manual, CREATE INDEX).
        how = "" if key.child.partitioned else ", postgresql_concurrently=True"
        columns = ", ".join(map(text, key.columns))
        return f"op.create_index({text(self._name(key))}, {text(key.child.name.name)}, [{columns}]{place}{how})"

    def model(self, key: "Key") -> str:
        """What the model says of it."""
        if len(key.columns) == 1 and self._name(key) == self._conventional(key):
            return f"index=True on {key.columns[0]}"
        return f"Index({', '.join(map(text, (self._name(key), *key.columns)))}) among the table's arguments"

    def _name(self, key: "Key") -> str:
        name = self._conventional(key)
        if (key.child.name.schema, name) not in self._taken:
            return name
        # By default a convention knows of the first column alone; and another index may have just these.
        return rendered("_".join([name, *(key.columns[1:] or ("whole",))]))

    def _conventional(self, key: "Key") -> str:
        """The name that the model's naming convention gives, or else SQLAlchemy's."""
        declared = self._declared(key)
        if declared is not None:
            try:
                return self._named(key, declared.metadata)
            except Exception:  # noqa: BLE001, S110 (a token of the project's own that asks for more than the columns)
                pass
        return self._named(key, MetaData())

    def _named(self, key: "Key", metadata: MetaData) -> str:
        columns = [Column[object](name) for name in key.columns]
        scratch = MetaData(naming_convention=metadata.naming_convention)
        Table(key.child.name.name, scratch, *columns, schema=self._schema(key))
        return rendered(Index(None, *columns).name)

    def _schema(self, key: "Key") -> str | None:
        """What the model says of the table's; None where it is the one that needs no saying."""
        declared = self._declared(key)
        if declared is not None:
            return declared.schema
        return None if key.child.name.schema == "public" else key.child.name.schema

    def _declared(self, key: "Key") -> Table | None:
        name = key.child.name
        same = [table for table in self._tables if table.name == name.name and table.schema in {None, name.schema}]
        return max(same, key=lambda table: table.schema is not None, default=None)


def partitions(objects: "Mapping[Identity, Attributes]") -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Those of each partitioned table of a catalog, by schema and name."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for one, attributes in objects.items():
        whole = attributes.get("partition of")
        if one.kind == "table" and whole:
            names = unquoted(str(whole))
            found.setdefault((names[-2] if len(names) > 1 else "public", names[-1]), []).append((one.schema, one.name))
    return {whole: sorted(parts) for whole, parts in found.items()}
