"""The lines of a revision that turn what a database has into what is wanted, one object at a time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from schemaproof.catalog import Difference, Identity
from schemaproof.catalog.names import unquoted
from schemaproof.catalog.values import Attributes, Value
from schemaproof.migration.autogenerate.layout import is_table
from schemaproof.migration.lines import statements
from schemaproof.migration.lines.change import Change
from schemaproof.migration.lines.quoting import literal, quoted, text

# The line that runs what no transaction may hold.
BLOCK = "with op.get_context().autocommit_block():"

# An index's attributes that are a part of its definition.
_OF_INDEX = frozenset(
    {"method", "columns", "include", "predicate", "unique", "nulls not distinct", "storage parameters", "tablespace"}
)


def operations(change: Change) -> list[str]:
    """Lines of Python for ``upgrade()`` or ``downgrade()``, in their order; none where no rule covers the change."""
    kind = "table" if is_table(change.identity.kind) else change.identity.kind
    make: Callable[[Change], Iterator[str]] | None = _KINDS.get(kind)
    if make is not None:
        return list(make(change))
    return [execute(statement) for statement in statements.of(change)]


def execute(statement: str) -> str:
    """A line that executes ``statement``."""
    return f"op.execute({text(statement)})"


def _comment(value: Value) -> str:
    return "None" if value is None else text(value)


def _table(change: Change) -> Iterator[str]:
    name = text(change.identity.name)
    if change.kind == "extra":
        yield f"op.drop_table({name}{change.place})"
    if "comment" in change.attributes and change.kind == "changed":
        comment = change.wanted["comment"]
        drop = f"op.drop_table_comment({name}{change.place})"
        yield drop if comment is None else f"op.create_table_comment({name}, {text(comment)}{change.place})"
    yield from map(execute, statements.of(change))


def _column(change: Change) -> Iterator[str]:
    names = f"{text(change.identity.parent)}, {text(change.identity.name)}"
    if change.kind == "extra":
        yield f"op.drop_column({names}{change.place})"
        return
    yield from map(execute, statements.of(change))
    if change.kind == "missing":
        return
    default = change.wanted.get("default")
    settings: Mapping[str, str] = {
        "default": "server_default=" + ("None" if default is None else f"sa.text({text(default)})"),
        "not null": f"nullable={not change.wanted['not null']}",
        "comment": f"comment={_comment(change.wanted.get('comment'))}",
    }
    chosen = [setting for attribute, setting in settings.items() if attribute in change.attributes]
    if chosen:
        yield f"op.alter_column({names}, {', '.join(chosen)}{change.place})"


def _constraint(change: Change) -> Iterator[str]:
    identity = change.identity
    # A naming convention must not be applied to it again.
    name, found, table = f"op.f({text(identity.name)})", f"op.f({text(change.called)})", text(identity.parent)
    altered = _altered_constraint(change)
    if change.kind == "changed" and altered is not None:
        if "name" in change.attributes:
            statement = f"ALTER TABLE {change.table} RENAME CONSTRAINT {{}} TO {{}}"
            yield execute(statement.format(*map(quoted, (change.called, identity.name))))
        yield from map(execute, altered)
        return
    if change.kind != "missing":
        yield f"op.drop_constraint({found}, {table}{_type_of(change.found)}{change.place})"
    if change.kind != "extra":
        yield _create_constraint(change, f"{name}, {table}")


def _altered_constraint(change: Change) -> list[str] | None:
    """The statements with which it becomes what is wanted, its name aside; None where it has to be made anew."""
    name, attributes = quoted(change.identity.name), change.attributes - {"name"}
    if attributes == {"validated"} and change.wanted["validated"]:
        return [f"ALTER TABLE {change.table} VALIDATE CONSTRAINT {name}"]
    if attributes == {"comment"}:
        return [f"COMMENT ON CONSTRAINT {name} ON {change.table} IS {literal(change.wanted['comment'])}"]
    return None if attributes else []


def _type_of(attributes: Attributes) -> str:
    kinds = {"CHECK": "check", "UNIQUE": "unique", "FOREIGN KEY": "foreignkey", "PRIMARY KEY": "primary"}
    kind = kinds.get(str(attributes.get("type")))
    return f", type_={text(kind)}" if kind else ""


def _create_constraint(change: Change, names: str) -> str:
    wanted = change.wanted
    deferrable = ", deferrable=True" if wanted.get("deferrable") else ""
    if wanted.get("initially deferred"):
        deferrable += ', initially="DEFERRED"'
    columns = _names(wanted.get("columns"))
    match wanted["type"]:
        case "CHECK" if wanted["validated"] and not wanted.get("no inherit"):
            condition = str(wanted["definition"]).removeprefix("CHECK (").removesuffix(")")
            return f"op.create_check_constraint({names}, sa.text({text(condition)}){change.place})"
        case "UNIQUE" if not wanted.get("include") and not wanted.get("nulls not distinct"):
            return f"op.create_unique_constraint({names}, {columns}{deferrable}{change.place})"
        case "PRIMARY KEY" if not deferrable and not wanted.get("include"):
            return f"op.create_primary_key({names}, {columns}{change.place})"
        case "FOREIGN KEY" if _is_plain(wanted):
            return _create_foreign_key(change, names, columns, deferrable)
    return execute(statements.add_constraint(change))


def _is_plain(key: Attributes) -> bool:
    """Whether ``op.create_foreign_key`` can say all of it."""
    return bool(key["match"] == "SIMPLE" and key["validated"] and not key.get("on delete columns"))


def _create_foreign_key(change: Change, names: str, columns: str, deferrable: str) -> str:
    wanted = change.wanted
    name, table = names.split(", ", maxsplit=1)
    schema, referred = unquoted(str(wanted["references"]))
    actions = "".join(
        f", {argument}={text(wanted[attribute])}"
        for argument, attribute in (("onupdate", "on update"), ("ondelete", "on delete"))
        if wanted[attribute] != "NO ACTION"
    )
    places = ""
    if change.identity.schema != change.home:
        places += f", source_schema={text(change.identity.schema)}"
    if schema != change.home:
        places += f", referent_schema={text(schema)}"
    there = _names(wanted["referenced columns"])
    return f"op.create_foreign_key({name}, {table}, {text(referred)}, {columns}, {there}{actions}{deferrable}{places})"


def _names(columns: Value) -> str:
    names = columns if isinstance(columns, tuple) else ()
    return f"[{', '.join(text(unquoted(str(name))[0]) for name in names)}]"


def _index(change: Change) -> Iterator[str]:
    found, table = text(change.called), text(change.identity.parent)
    if change.kind == "changed" and not change.attributes & _OF_INDEX:
        if "name" in change.attributes:
            old = quoted(change.identity.schema, change.called)
            yield execute(f"ALTER INDEX {old} RENAME TO {quoted(change.identity.name)}")
        yield from map(execute, statements.of(change))
        return
    if change.kind != "missing":
        yield f"op.drop_index({found}, table_name={table}{change.place})"
    if change.kind != "extra":
        yield execute(statements.create_index(change))


_KINDS: dict[str, Callable[[Change], Iterator[str]]] = {
    "table": _table,
    "column": _column,
    "constraint": _constraint,
    "index": _index,
}


def change_of(
    differences: Sequence[Difference], wanted: Mapping[Identity, Any], found: Mapping[Identity, Any], home: str
) -> Change:
    """``differences``, all of one object and from ``wanted`` to ``found``, as one change."""
    first = differences[0]
    renamed = next((str(one.after) for one in differences if one.attribute == "name"), first.identity.name)
    other = first.identity._replace(name=renamed)
    return Change(
        identity=first.identity,
        kind=first.kind,
        wanted=wanted.get(first.identity, {}),
        found=found.get(other, {}),
        attributes=frozenset(one.attribute for one in differences),
        home=home,
        called=renamed,
    )
