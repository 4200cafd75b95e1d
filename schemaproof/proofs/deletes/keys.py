"""The foreign keys of a live database, with what decides whether the server enforces them and how it finds children."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from schemaproof.proofs.deletes.graph import ACTIONS, Action, TableName

_COLUMNS = (
    "ARRAY(SELECT a.attname::text FROM unnest({}) WITH ORDINALITY x (number, place)"
    " JOIN pg_attribute a ON a.attrelid = {} AND a.attnum = x.number ORDER BY x.place)"
)

# What a key of or to a partitioned table has per partition is PostgreSQL's own business. NOT ENFORCED and PERIOD came
# with PostgreSQL 18; to_jsonb() asks for their columns where they may not be there.
_KEYS = f"""
SELECT k.oid, k.conname::text, cn.nspname::text, c.relname::text, c.oid, c.relkind = 'p',
    pn.nspname::text, p.relname::text, p.oid, p.relkind = 'p',
    {_COLUMNS.format("k.conkey", "k.conrelid")}, {_COLUMNS.format("k.confkey", "k.confrelid")},
    ARRAY(SELECT ARRAY[o.oid::text, o_n.nspname::text, o.oprname::text]
        FROM unnest(k.conpfeqop) WITH ORDINALITY x (oid, place)
        JOIN pg_operator o ON o.oid = x.oid JOIN pg_namespace o_n ON o_n.oid = o.oprnamespace ORDER BY x.place),
    k.confdeltype::text, k.confupdtype::text, k.confmatchtype = 'f', k.convalidated,
    coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true),
    coalesce((to_jsonb(k) ->> 'conperiod')::boolean, false),
    coalesce(nullif(ARRAY(SELECT t.relid::oid FROM pg_partition_tree(c.oid) t
        JOIN pg_class leaf ON leaf.oid = t.relid AND leaf.relkind = 'r' WHERE t.isleaf), '{{}}'), ARRAY[c.oid]),
    format('%I.%I', cn.nspname, c.relname), quote_ident(k.conname),
    (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY x.place) FROM unnest(k.conkey)
        WITH ORDINALITY x (number, place) JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.number)
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace cn ON cn.oid = c.relnamespace
JOIN pg_class p ON p.oid = k.confrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace
WHERE k.contype = 'f' AND k.conparentid = 0 AND cn.nspname <> 'information_schema' AND cn.nspname !~ '^pg_'
    AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid
        AND e.deptype = 'e')
ORDER BY 3, 4, 2
"""  # noqa: S608 (no input)


class Quoted(NamedTuple):
    """Names as the server quotes them where they need it, for statements that people copy."""

    table: str
    name: str
    columns: str


class Operator(NamedTuple):
    """An operator that compares a referenced column with the one that refers to it."""

    oid: int
    schema: str
    name: str


@dataclass(frozen=True)
class Relation:
    """A table of the database.

    Attributes:
        oid: its own.
        name: schema and name.
        partitioned: whether its rows lie in partitions.
    """

    oid: int
    name: TableName
    partitioned: bool

    @property
    def identifier(self) -> sql.Identifier:
        """Its name, quoted."""
        return sql.Identifier(*self.name)

    @property
    def source(self) -> sql.Composed:
        """What stands after FROM: a key is about the table without those that inherit from it (manual, 5.10.1)."""
        return sql.SQL("{}" if self.partitioned else "ONLY {}").format(self.identifier)


@dataclass(frozen=True)
class Key:
    """A foreign key of a live database.

    Attributes:
        oid: of the constraint.
        name: of the constraint.
        child: the table that has it.
        parent: the table that it refers to.
        columns: the child's.
        referenced: the parent's, in the order of ``columns``.
        operators: one for each column: referenced OPERATOR column.
        on_delete: what a delete of a parent row does.
        on_update: what an update of the referenced columns does.
        match_full: whether all or none of the columns must be NULL.
        validated: whether the rows that were there before it have been checked.
        enforced: whether it is checked at all.
        period: whether its last column is a range that the parent's must cover (PERIOD).
        leaves: the oids of the tables that hold the child's rows: its partitions, or itself.
        quoted: the child's name, the constraint's and the columns', for statements.
    """

    oid: int
    name: str
    child: Relation
    parent: Relation
    columns: tuple[str, ...]
    referenced: tuple[str, ...]
    operators: tuple[Operator, ...]
    on_delete: Action
    on_update: Action
    match_full: bool
    validated: bool
    enforced: bool
    period: bool
    leaves: tuple[int, ...]
    quoted: Quoted

    @property
    def identity(self) -> str:
        """Its name as that of an object of the catalog: "constraint schema.table.name"."""
        return f"constraint {self.child.name}.{self.name}"

    def __str__(self) -> str:
        columns, referenced = ", ".join(self.columns), ", ".join(self.referenced)
        action = "" if self.on_delete is Action.NO_ACTION else f" ON DELETE {self.on_delete}"
        return f"{self.child.name} ({columns}) -> {self.parent.name} ({referenced}){action}"

    def refers(self, parent: str = "p", child: str = "c") -> sql.Composed:
        """The condition that a row ``child`` refers to a row ``parent``, both names of FROM items."""
        pairs = zip(self.referenced, self.operators, self.columns, strict=True)
        return sql.SQL(" AND ").join(
            sql.SQL("{} OPERATOR({}.{}) {}").format(
                sql.Identifier(parent, referenced),
                sql.Identifier(operator.schema),
                sql.SQL(operator.name),  # a symbol, which is never quoted
                sql.Identifier(child, column),
            )
            for referenced, operator, column in pairs
        )


def read_keys(connection: psycopg.Connection[Any]) -> tuple[Key, ...]:
    """The foreign keys of all tables but the system's and extensions', ordered by table and name.

    A key of a partitioned table is one key, as is one to a partitioned table.
    """
    with psycopg.Cursor(connection, row_factory=tuple_row) as cursor:
        return tuple(_key(row) for row in cursor.execute(_KEYS))


def _key(row: tuple[Any, ...]) -> Key:
    oid, name, schema, table, child, split, parent_schema, parent_table, parent, parent_split, *rest = row
    columns, referenced, operators, on_delete, on_update, match_full, validated, enforced, period, *rest = rest
    leaves, *quoted = rest
    return Key(
        oid=oid,
        name=name,
        child=Relation(child, TableName(schema, table), split),
        parent=Relation(parent, TableName(parent_schema, parent_table), parent_split),
        columns=tuple(columns),
        referenced=tuple(referenced),
        operators=tuple(Operator(int(number), space, symbol) for number, space, symbol in operators),
        on_delete=ACTIONS[on_delete],
        on_update=ACTIONS[on_update],
        match_full=match_full,
        validated=validated,
        enforced=enforced,
        period=period,
        leaves=tuple(leaves),
        quoted=Quoted(*quoted),
    )


def with_parents(keys: Iterable[Key], tables: Iterable[TableName]) -> set[tuple[str, str]]:
    """``tables`` and all that their rows refer to, directly or by way of others, as schema and name."""
    parents: dict[TableName, set[TableName]] = {}
    for key in keys:
        parents.setdefault(key.child.name, set()).add(key.parent.name)
    found: set[TableName] = set()
    waiting = set(tables)
    while waiting:
        table = waiting.pop()
        found.add(table)
        waiting |= parents.get(table, set()) - found
    return {(table.schema, table.name) for table in found}
