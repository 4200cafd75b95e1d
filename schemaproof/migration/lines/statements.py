"""SQL that turns one object of a database into what is wanted, for what ``op`` has no operation for."""

from collections.abc import Callable, Iterator

from schemaproof.catalog.values import Value
from schemaproof.migration.lines.change import Change
from schemaproof.migration.lines.quoting import literal, quoted


def of(change: Change) -> Iterator[str]:
    """The statements for ``change``; none where no rule covers it."""
    kind = "table" if change.identity.kind.endswith("table") else change.identity.kind
    make: Callable[[Change], Iterator[str]] | None = _KINDS.get(kind)
    if make is not None:
        yield from make(change)


def _table(change: Change) -> Iterator[str]:
    if change.kind != "changed":
        return
    wanted, alter = change.wanted, f"ALTER TABLE {change.table}"
    if "row security" in change.attributes:
        yield f"{alter} {'ENABLE' if wanted['row security'] else 'DISABLE'} ROW LEVEL SECURITY"
    if "force row security" in change.attributes:
        yield f"{alter} {'' if wanted['force row security'] else 'NO '}FORCE ROW LEVEL SECURITY"
    if "persistence" in change.attributes:
        yield f"{alter} SET {'UNLOGGED' if wanted['persistence'] == 'unlogged' else 'LOGGED'}"
    if "storage parameters" in change.attributes and isinstance(wanted["storage parameters"], tuple):
        yield f"{alter} SET {_listed(wanted['storage parameters'])}"


def _column(change: Change) -> Iterator[str]:
    wanted, found, name = change.wanted, change.found, quoted(change.identity.name)
    alter = f"ALTER TABLE {change.table} ALTER COLUMN {name}"
    definition = str(wanted["type"]) + (f" COLLATE {wanted['collation']}" if wanted.get("collation") else "")
    if change.kind == "missing" or "generated" in change.attributes:
        drop = f"DROP COLUMN {name}, " if change.kind == "changed" else ""
        yield f"ALTER TABLE {change.table} {drop}ADD COLUMN {name} {definition}{_clauses(change)}"
        return
    if change.attributes & {"type", "collation"}:
        if not wanted.get("collation") and found.get("collation"):
            definition += ' COLLATE "default"'
        changes_kind = str(wanted["type"]).split("(")[0] != str(found["type"]).split("(")[0]
        yield f"{alter} TYPE {definition}" + (f" USING {name}::{wanted['type']}" if changes_kind else "")
    yield from _identity(change, alter)


def _clauses(change: Change) -> str:
    """What follows a column's type where it is added."""
    wanted = change.wanted
    if wanted.get("generated"):
        expression, _, how = str(wanted["generated"]).rpartition(" ")
        return f" GENERATED ALWAYS AS ({expression}) {how}"
    if wanted.get("identity"):
        return f" GENERATED {wanted['identity']} AS IDENTITY"
    default = f" DEFAULT {wanted['default']}" if wanted.get("default") else ""
    return default + (" NOT NULL" if wanted.get("not null") else "")


def _identity(change: Change, alter: str) -> Iterator[str]:
    ours, theirs = change.wanted.get("identity"), change.found.get("identity")
    options = str(change.wanted.get("identity options") or "")
    if ours and not theirs:
        yield f"{alter} ADD GENERATED {ours} AS IDENTITY ({options})"
    elif theirs and not ours:
        yield f"{alter} DROP IDENTITY"
    elif ours:
        before = _pairs(str(change.found.get("identity options") or ""))
        sets = [f"SET {word} {value}" for word, value in _pairs(options).items() if before.get(word) != value]
        kind = [f"SET GENERATED {ours}"] if ours != theirs else []
        if kind or sets:
            yield f"{alter} {' '.join([*kind, *sets])}"


def _pairs(options: str) -> dict[str, str]:
    """A sequence's options by word: START, INCREMENT, ..."""
    words = options.removesuffix(" CYCLE").split()
    return dict(zip(words[::2], words[1::2], strict=False))


def _listed(value: Value) -> str:
    """Names or expressions in parentheses."""
    return f"({', '.join(map(str, value))})" if isinstance(value, tuple) else ""


def add_constraint(change: Change) -> str:
    """The statement that adds the constraint, for what ``op`` can't say."""
    wanted = change.wanted
    columns = _listed(wanted.get("columns"))
    parts = [str(wanted.get("definition") or f"{wanted['type']} {columns}")]
    if wanted["type"] == "UNIQUE" and wanted.get("nulls not distinct"):
        parts = [f"UNIQUE NULLS NOT DISTINCT {columns}"]
    if wanted["type"] == "FOREIGN KEY":
        there = wanted["referenced columns"]
        parts.append(
            f"REFERENCES {wanted['references']} ({', '.join(map(str, there if isinstance(there, tuple) else ()))})"
        )
        parts += [f"MATCH {wanted['match']}"] if wanted["match"] != "SIMPLE" else []
        actions = {word: wanted[word.lower()] for word in ("ON UPDATE", "ON DELETE")}
        parts += [f"{word} {action}" for word, action in actions.items() if action != "NO ACTION"]
    if wanted.get("include"):
        parts.append(f"INCLUDE {_listed(wanted['include'])}")
    flags = {"no inherit": "NO INHERIT", "deferrable": "DEFERRABLE", "initially deferred": "INITIALLY DEFERRED"}
    parts += [word for attribute, word in flags.items() if wanted.get(attribute)]
    parts += [] if wanted.get("validated", True) else ["NOT VALID"]
    return f"ALTER TABLE {change.table} ADD CONSTRAINT {quoted(change.identity.name)} {' '.join(parts)}"


def create_index(change: Change) -> str:
    """The statement that makes the index."""
    wanted = change.wanted
    parts = [
        f"CREATE {'UNIQUE ' if wanted['unique'] else ''}INDEX {quoted(change.identity.name)} ON {change.table}",
        "" if wanted["method"] == "btree" else f"USING {wanted['method']}",
        _listed(wanted["columns"]),
        f"INCLUDE {_listed(wanted['include'])}" if wanted.get("include") else "",
        "NULLS NOT DISTINCT" if wanted.get("nulls not distinct") else "",
        f"WITH {_listed(wanted['storage parameters'])}" if wanted.get("storage parameters") else "",
        f"TABLESPACE {wanted['tablespace']}" if wanted.get("tablespace") else "",
        f"WHERE {wanted['predicate']}" if wanted.get("predicate") else "",
    ]
    return " ".join(filter(None, parts))


def _index(change: Change) -> Iterator[str]:
    if "comment" in change.attributes:
        name = quoted(change.identity.schema, change.identity.name)
        yield f"COMMENT ON INDEX {name} IS {literal(change.wanted['comment'])}"


def _type(change: Change) -> Iterator[str]:
    """New labels, where nothing else differs; a label can't be taken out of an enum, nor moved."""
    name = quoted(change.identity.schema, change.identity.name)
    ours, theirs = change.wanted.get("labels"), change.found.get("labels")
    if change.kind == "extra":
        yield f"DROP TYPE {name}"
    elif change.kind == "missing" and isinstance(ours, tuple):
        yield f"CREATE TYPE {name} AS ENUM ({', '.join(map(literal, ours))})"
    elif isinstance(ours, tuple) and isinstance(theirs, tuple):
        if [label for label in ours if label in theirs] != list(theirs):
            return
        for place, label in enumerate(ours):
            if label not in theirs:
                where = f"AFTER {literal(ours[place - 1])}" if place else f"BEFORE {literal(theirs[0])}"
                yield f"ALTER TYPE {name} ADD VALUE {literal(label)} {where}"


_SEQUENCE = {
    "type": "AS {}",
    "increment": "INCREMENT BY {}",
    "minimum": "MINVALUE {}",
    "maximum": "MAXVALUE {}",
    "start": "START WITH {}",
    "cache": "CACHE {}",
}


def _sequence(change: Change) -> Iterator[str]:
    name, wanted = quoted(change.identity.schema, change.identity.name), change.wanted
    if change.kind == "extra":
        yield f"DROP SEQUENCE {name}"
        return
    words = [
        word.format(wanted[one])
        for one, word in _SEQUENCE.items()
        if change.kind == "missing" or one in change.attributes
    ]
    if change.kind == "missing" or words:
        yield " ".join([f"{'CREATE' if change.kind == 'missing' else 'ALTER'} SEQUENCE {name}", *words])


def _view(change: Change) -> Iterator[str]:
    word, name = change.identity.kind.upper(), quoted(change.identity.schema, change.identity.name)
    if change.kind != "missing":
        yield f"DROP {word} {name}"
    if change.kind != "extra":
        yield f"CREATE {word} {name} AS {' '.join(str(change.wanted['definition']).split())}".removesuffix(";")


def _trigger(change: Change) -> Iterator[str]:
    if change.attributes <= {"", "definition"}:
        if change.kind != "missing":
            yield f"DROP TRIGGER {quoted(change.identity.name)} ON {change.table}"
        if change.kind != "extra":
            yield str(change.wanted["definition"])


def _policy(change: Change) -> Iterator[str]:
    name, wanted = quoted(change.identity.name), change.wanted
    if change.kind != "missing":
        yield f"DROP POLICY {name} ON {change.table}"
    if change.kind != "extra":
        roles = wanted["roles"] if isinstance(wanted["roles"], tuple) else ()
        using = f" USING ({wanted['using']})" if wanted["using"] else ""
        check = f" WITH CHECK ({wanted['with check']})" if wanted["with check"] else ""
        yield (
            f"CREATE POLICY {name} ON {change.table} AS {'PERMISSIVE' if wanted['permissive'] else 'RESTRICTIVE'}"
            f" FOR {wanted['command']} TO {', '.join(map(str, roles))}{using}{check}"
        )


def _routine(change: Change) -> Iterator[str]:
    """A routine's name has the types of its arguments in it, as PostgreSQL prints them."""
    if change.kind == "extra":
        name, _, arguments = change.identity.name.partition("(")
        yield f"DROP {change.identity.kind.upper()} {quoted(change.identity.schema, name)}({arguments or '*)'}"


def _schema(change: Change) -> Iterator[str]:
    if change.kind != "changed":
        yield f"{'CREATE' if change.kind == 'missing' else 'DROP'} SCHEMA {quoted(change.identity.name)}"


def _domain(change: Change) -> Iterator[str]:
    name, wanted = quoted(change.identity.schema, change.identity.name), change.wanted
    if change.kind == "extra":
        yield f"DROP DOMAIN {name}"
    elif change.kind == "missing":
        default = f" DEFAULT {wanted['default']}" if wanted.get("default") else ""
        yield f"CREATE DOMAIN {name} AS {wanted['type']}{default}{' NOT NULL' if wanted['not null'] else ''}"
    if change.kind == "changed" and "not null" in change.attributes:
        yield f"ALTER DOMAIN {name} {'SET' if wanted['not null'] else 'DROP'} NOT NULL"
    if change.kind == "changed" and "default" in change.attributes:
        yield f"ALTER DOMAIN {name} " + (f"SET DEFAULT {wanted['default']}" if wanted["default"] else "DROP DEFAULT")


_KINDS: dict[str, Callable[[Change], Iterator[str]]] = {
    "table": _table,
    "column": _column,
    "index": _index,
    "type": _type,
    "sequence": _sequence,
    "view": _view,
    "materialized view": _view,
    "trigger": _trigger,
    "policy": _policy,
    "domain": _domain,
    "function": _routine,
    "procedure": _routine,
    "schema": _schema,
}
