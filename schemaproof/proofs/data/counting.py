"""The query that counts, in production, the rows that a migration fails on."""

import re
from collections.abc import Iterator

from schemaproof.catalog import Catalog, Identity
from schemaproof.catalog.names import unquoted
from schemaproof.catalog.values import Attributes
from schemaproof.migration.environment import sqlstate
from schemaproof.migration.lines.quoting import text
from schemaproof.migration.stairway import Stairs
from schemaproof.proofs.data.refusals import failed_statement, said
from schemaproof.proofs.data.showing import identifier, quoted_name
from schemaproof.proofs.data.snapshot import Name
from schemaproof.proofs.data.tokens import tokens
from schemaproof.proofs.data.writes import writes

# What the server says, whichever driver brought it: 'Key (email)=(a@b) is duplicated.', '... already exists.'
_KEY = re.compile(r"Key \((.+?)\)=\(")
_TOO_LONG = re.compile(r"too long for type (character(?: varying)?\((\d+)\))")
_OUT_OF_RANGE = re.compile(r"\b(smallint|integer|bigint) out of range")
_NO_LABEL = re.compile(r"invalid input value for enum (\S+):")
_LABEL = re.compile(r"invalid input value for enum \S+: \"?([^\"\n]*)\"?")
# As pg_get_partkeydef() and pg_get_expr() print them, for a key of one column.
_KEY_COLUMN = re.compile(r"\((\"(?:[^\"]|\"\")+\"|\w+)\)$")
_RANGE = re.compile(r"FOR VALUES FROM \(([^,]+)\) TO \(([^,]+)\)")
_LIST = re.compile(r"FOR VALUES IN \((.+)\)")
_GREATEST = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}


def count_query(error: BaseException | None, table: Name | None, stairs: Stairs, *, down: bool = False) -> str | None:
    """A SELECT that can be run before the migration; None where the server says too little, or what it is of is new.

    Args:
        error: what the migration failed with.
        table: where its rows are, where that is known.
        stairs: the revision's.
        down: whether its downgrade failed.
    """
    table = table_of(error) or table
    goal = stairs.before if down else stairs.first
    there = stairs.first if down else stairs.before  # where it is to run
    if table is None or goal is None or there is None:
        return None
    if not (sqlstate(error) or "").startswith("23"):
        return _of_type(error, table, stairs, down=down)
    query = _of_constraint(error, table, goal)
    tables = [table, *referred_table(constraint_of(error, table, goal))]
    return query if query and all(can_run(query, one, goal, there) for one in tables) else None


def referred_table(key: Attributes) -> list[Name]:
    """The table that a foreign key refers to."""
    names = unquoted(str(key.get("references") or ""))
    return [(names[-2] if len(names) > 1 else "public", names[-1])] if names else []


def can_run(query: str, table: Name, goal: Catalog, there: Catalog) -> bool:
    """Whether ``there`` has what ``query`` names of ``table``, which is written for the catalog ``goal``."""
    known = columns_of(there, table)
    new = columns_of(goal, table) - known
    return bool(known) and not any(_names(query, one) for one in new)


def counted(query: tuple[str, str]) -> str:
    """The sentence that says how to count the rows, by a query and how it counts; "" for none."""
    counting, how = query
    return f" Rows affected in production{how}: `{counting}`." if counting else ""


def is_there(query: str, goal: Catalog, there: Catalog) -> bool:
    """Whether ``there`` has every table and column that ``query`` names, which is written for the catalog ``goal``."""
    named = {(one.schema, one.name) for one in goal.objects if one.kind == "table" and _names(query, one.name)}
    return all(can_run(query, one, goal, there) for one in named)


def columns_of(catalog: Catalog, table: Name) -> set[str]:
    """The names of the columns of ``table``; empty where there is none of its name."""
    found = catalog.objects
    return {one.name for one in found if one.kind == "column" and (one.schema, one.parent) == table}


def _names(query: str, column: str) -> bool:
    return re.search(rf"(?<![\w$]){re.escape(column)}(?![\w$])", query) is not None


def cutting(error: BaseException | None, table: Name | None, stairs: Stairs, *, down: bool = False) -> str:
    """What cuts the values that are too long: the argument of ``op.alter_column`` for each column that gets shorter.

    The arguments are those of ``count_query``. Where no column does, a statement writes the values, and has to cut
    them.
    """
    found = _TOO_LONG.search(str(error))
    if found is None:
        return "`left(...)` in the statement that writes them"
    table = table_of(error) or table
    columns = [*_retyped(stairs, table, found[1], down=down)] if table else []
    using = (f"`postgresql_using={text(f'left({one}, {found[2]})')}`" for one in columns)
    return " and ".join(using) or f"`left(..., {found[2]})` in the statement that writes them"


def _of_constraint(error: BaseException | None, table: Name, goal: Catalog) -> str | None:
    match sqlstate(error):
        case "23505":
            return _duplicates(error, table, goal)
        case "23503":
            return _orphans(error, table, goal)
        case "23514":
            return _violating(error, table, goal)
        case _:
            return None


def _of_type(error: BaseException | None, table: Name, stairs: Stairs, *, down: bool) -> str | None:
    name, told = quoted_name(table), str(error)
    if found := _TOO_LONG.search(told):
        columns = _retyped(stairs, table, found[1], down=down)
        return _either(name, (f"length({column}) > {found[2]}" for column in columns))
    if found := _OUT_OF_RANGE.search(told):
        columns = _retyped(stairs, table, found[1], down=down)
        return _either(name, (f"abs({column}) > {_GREATEST[found[1]]}" for column in columns))
    if found := _NO_LABEL.search(told):
        wanted = found[1].strip('"')
        # A type that was made anew has the name of the old one: its columns are those that had that.
        had = stairs.first if down else stairs.before
        listed = ", ".join([*_retyped(stairs, table, wanted, down=down)] or _of_type_named(had, table, wanted))
        return f"SELECT {listed}, count(*) FROM {name} GROUP BY {listed}" if listed else None
    return None


def table_of(error: BaseException | None) -> Name | None:
    """The table that the server names in ``error``; None where it names none."""
    schema, table = said(error, "schema_name"), said(error, "table_name")
    return (schema, table) if schema and table else None


def key_of(error: BaseException | None) -> str:
    """The columns of the unique key that ``error`` is about, as SQL has them; "" where the server does not say."""
    found = _KEY.search(said(error, "message_detail") or said(error, "detail") or str(error))
    return found[1] if found else ""


def _duplicates(error: BaseException | None, table: Name, goal: Catalog) -> str | None:
    columns = key_of(error)
    index = goal.objects.get(Identity("index", *table, said(error, "constraint_name")), {})
    predicate = index.get("predicate")
    rows = f"{quoted_name(table)} WHERE {predicate}" if predicate else quoted_name(table)
    return f"SELECT {columns}, count(*) FROM {rows} GROUP BY {columns} HAVING count(*) > 1" if columns else None


def constraint_of(error: BaseException | None, table: Name, goal: Catalog) -> Attributes:
    """The constraint of ``table`` that ``error`` is about; empty where ``goal`` has none."""
    return goal.objects.get(Identity("constraint", *table, said(error, "constraint_name")), {})


def _orphans(error: BaseException | None, table: Name, goal: Catalog) -> str | None:
    if writes_rows(error, table):
        return None  # before the statement there are none
    key = constraint_of(error, table, goal)
    own, theirs = (_quoted(key.get(name)) for name in ("columns", "referenced columns"))
    if not own or len(own) != len(theirs):
        return None
    pairs = " AND ".join(f"p.{parent} = c.{mine}" for mine, parent in zip(own, theirs, strict=True))
    there = " AND ".join(f"c.{mine} IS NOT NULL" for mine in own)
    return (
        f"SELECT count(*) FROM {quoted_name(table)} c WHERE {there} AND NOT EXISTS"
        f" (SELECT FROM {key['references']} p WHERE {pairs})"
    )


def writes_rows(error: BaseException | None, table: Name) -> bool:
    """Whether the statement that failed writes rows of ``table``, and adds no foreign key or constraint besides."""
    statement = failed_statement(error)
    if "add" in {one.text for one in tokens(statement)}:
        return False
    return any(one.kind in {"insert", "copied", "update"} for one in writes([statement], {}).found if one.of([table]))


def _quoted(columns: object) -> list[str]:
    """Names as the catalog has them: quoted where they must be."""
    return [str(one) for one in columns] if isinstance(columns, list | tuple) else []


def _violating(error: BaseException | None, table: Name, goal: Catalog) -> str | None:
    definition = str(constraint_of(error, table, goal).get("definition") or "")
    if not definition.startswith("CHECK "):
        return None
    return f"SELECT count(*) FROM {quoted_name(table)} WHERE NOT {definition.removeprefix('CHECK ')}"


def _retyped(stairs: Stairs, table: Name, wanted: str, *, down: bool) -> Iterator[str]:
    """The columns of ``table`` that become of the type ``wanted``."""
    for one in stairs.changed:
        if one.identity.kind == "column" and (one.identity.schema, one.identity.parent) == table:
            becomes = str(one.before if down else one.after)
            if one.attribute == "type" and wanted in {becomes, becomes.rpartition(".")[2]}:
                yield identifier(one.identity.name)


def _of_type_named(catalog: Catalog | None, table: Name, wanted: str) -> list[str]:
    """The columns of ``table`` whose type is ``wanted``."""
    return [
        identifier(one.name)
        for one, attributes in (catalog.objects if catalog else {}).items()
        if one.kind == "column"
        and (one.schema, one.parent) == table
        and str(attributes.get("type")).rpartition(".")[2] == wanted.rpartition(".")[2]
    ]


def label_query(error: BaseException | None, query: str | None, table: str) -> str:
    """The UPDATE that gives the rows with the label which ``error`` refuses another one, by what ``query`` counts."""
    found = _LABEL.search(str(error))
    column = query.removeprefix("SELECT ").partition(",")[0] if query else "..."
    return f"UPDATE {table} SET {column} = ... WHERE {column} = '{found[1] if found else '...'}'"


def partition_query(stairs: Stairs, whole: Name, rest: Name) -> str:
    """The rows of the default partition ``rest`` that the new partitions of ``whole`` take."""
    objects = stairs.first.objects if stairs.first is not None else {}
    key = next((str(one.get("partition key") or "") for i, one in objects.items() if (i.schema, i.name) == whole), "")
    column = _KEY_COLUMN.search(key)
    conditions = []
    for identity, attributes in objects.items():
        parent = str(attributes.get("partition of") or "").rpartition(".")[2].strip('"')
        if column and identity.kind == "table" and parent == whole[1] and identity not in stairs.before.objects:
            conditions += _bounds(column[1], str(attributes.get("partition bound")))
    where = f" WHERE {' OR '.join(conditions)}" if conditions else ""
    return f"SELECT count(*) FROM {quoted_name(rest)}{where}"


def _bounds(column: str, bound: str) -> list[str]:
    if found := _RANGE.fullmatch(bound):
        sides = [(">=", found[1]), ("<", found[2])]
        return [" AND ".join(f"{column} {sign} {end}" for sign, end in sides if end not in {"MINVALUE", "MAXVALUE"})]
    found = _LIST.fullmatch(bound)
    return [f"{column} IN ({found[1]})"] if found else []


def _either(table: str, conditions: Iterator[str]) -> str | None:
    joined = " OR ".join(conditions)
    return f"SELECT count(*) FROM {table} WHERE {joined}" if joined else None
