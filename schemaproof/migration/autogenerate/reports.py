"""Alembic's operations as reports: which objects of the catalog each one is about."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from alembic.operations import ops
from sqlalchemy import DefaultClause, literal
from sqlalchemy.engine.interfaces import Dialect

from schemaproof.catalog import Difference, Identity
from schemaproof.catalog.names import clipped
from schemaproof.migration.autogenerate import longnames
from schemaproof.migration.autogenerate.layout import is_table
from schemaproof.migration.autogenerate.longnames import rendered

# The catalog's attributes for each thing that ``op.alter_column`` can modify.
_TYPE = ("type", "collation")
DEFAULT_ATTRIBUTES = ("default", "generated", "identity", "identity options")


class Key(NamedTuple):
    """One object, as far as Alembic tells it; ``name`` is "" for a constraint without a name."""

    kind: str
    schema: str
    parent: str
    name: str


@dataclass(frozen=True)
class Report:
    """One operation that autogenerate would generate.

    Attributes:
        keys: what it may be about: one object, under each schema that Alembic's None may stand for; none for an
            operation of another package, which only that package can read.
        attributes: which of the object's attributes it changes; empty for all, or for the object as a whole.
        columns: of a constraint without a name.
        verb: whether the object is in the model only ("missing"), in the database only ("extra"), or in both.
        default: the server default that the model gives a column, as SQL; None for none, or where it is no matter.
        shortened: whether the metadata spells the name otherwise than the database, which has no room for it.
        words: the lines that autogenerate would write.
    """

    keys: tuple[Key, ...] = ()
    attributes: frozenset[str] = frozenset()
    columns: tuple[str, ...] = ()
    verb: Literal["missing", "extra", "changed"] = "changed"
    default: str | None = None
    shortened: bool = False
    words: str = ""

    def tells(self, difference: Difference) -> bool:
        """Whether it is about ``difference``."""
        if self.attributes and difference.attribute not in self.attributes:
            return False
        names = {difference.identity.name}
        if difference.attribute == "name":  # of one that is called otherwise afterwards
            names.add(str(difference.after))
        return any(_is(key, difference.identity._replace(name=name)) for key in self.keys for name in names)

    def is_in(self, table: Identity) -> bool:
        """Whether it is about ``table``, or something in it."""
        return any((key.schema, key.parent or key.name) == (table.schema, table.name) for key in self.keys)


def _is(key: Key, identity: Identity) -> bool:
    same_kind = key.kind == identity.kind or (key.kind == "table" and is_table(identity.kind))
    # Of an index Alembic may not tell the table.
    same_parent = key.parent == identity.parent or (key.kind == "index" and not key.parent)
    return same_kind and same_parent and (key.schema, key.name) == (identity.schema, identity.name)


def report_of(
    operation: ops.MigrateOperation,
    places: Callable[[str | None], tuple[str, ...]],
    dialect: Dialect = longnames.DEFAULT,
) -> Report:
    """The report of ``operation``, without its words.

    ``places`` gives the schemas that one of Alembic's may be; ``dialect`` is env.py's, which shortens names.
    """
    found = _object(operation)
    if found is None:
        return Report()
    kind, schema, parent, spelt = found
    name = rendered(spelt, dialect) if kind in {"constraint", "index"} else clipped(str(spelt or ""))
    return Report(
        keys=tuple(Key(kind, place, clipped(parent), name) for place in places(schema)),
        attributes=frozenset(_attributes(operation)),
        columns=_columns(operation),
        verb=_verb(operation),
        default=_default(operation),
        shortened=name != str(spelt or ""),
    )


def _object(operation: ops.MigrateOperation) -> tuple[str, str | None, str, str | None] | None:
    """Kind, schema, table and name; None for an operation that is not one of Alembic's comparison."""
    found: tuple[str, str | None, str, str | None] | None = None
    match operation:
        case ops.CreateTableOp() | ops.DropTableOp() | ops.CreateTableCommentOp() | ops.DropTableCommentOp():
            found = "table", operation.schema, "", operation.table_name
        case ops.AddColumnOp():
            found = "column", operation.schema, operation.table_name, operation.column.name
        case ops.DropColumnOp() | ops.AlterColumnOp():
            found = "column", operation.schema, operation.table_name, operation.column_name
        case ops.CreateIndexOp() | ops.DropIndexOp():
            found = "index", operation.schema, operation.table_name or "", operation.index_name
        case ops.CreateForeignKeyOp():
            schema = operation.kw.get("source_schema")
            found = "constraint", schema, operation.source_table, str(operation.constraint_name or "")
        case (
            ops.CreateUniqueConstraintOp()
            | ops.CreateCheckConstraintOp()
            | ops.CreatePrimaryKeyOp()
            | ops.DropConstraintOp()
        ):
            found = "constraint", operation.schema, operation.table_name, str(operation.constraint_name or "")
    return found


def _attributes(operation: ops.MigrateOperation) -> tuple[str, ...]:
    if isinstance(operation, ops.CreateTableCommentOp | ops.DropTableCommentOp):
        return ("comment",)
    if not isinstance(operation, ops.AlterColumnOp):
        return ()
    changes = {
        _TYPE: operation.modify_type is not None,
        ("not null",): operation.modify_nullable is not None,
        DEFAULT_ATTRIBUTES: operation.modify_server_default is not False,
        ("comment",): operation.modify_comment is not False,
    }
    return tuple(attribute for attributes, changed in changes.items() if changed for attribute in attributes)


def _columns(operation: ops.MigrateOperation) -> tuple[str, ...]:
    if isinstance(operation, ops.CreateForeignKeyOp):
        return tuple(operation.local_cols)
    return tuple(map(str, operation.columns)) if isinstance(operation, ops.CreateUniqueConstraintOp) else ()


def _verb(operation: ops.MigrateOperation) -> Literal["missing", "extra", "changed"]:
    if isinstance(operation, ops.CreateTableOp | ops.AddColumnOp | ops.CreateIndexOp | ops.AddConstraintOp):
        return "missing"
    if isinstance(operation, ops.DropTableOp | ops.DropColumnOp | ops.DropIndexOp | ops.DropConstraintOp):
        return "extra"
    return "changed"


def _default(operation: ops.MigrateOperation) -> str | None:
    default = operation.modify_server_default if isinstance(operation, ops.AlterColumnOp) else None
    if not isinstance(default, DefaultClause):
        return None
    if isinstance(default.arg, str):
        return str(literal(default.arg).compile(dialect=longnames.DEFAULT, compile_kwargs={"literal_binds": True}))
    return str(default.arg.compile(dialect=longnames.DEFAULT, compile_kwargs={"literal_binds": True}))
