"""SQL that makes one object of the migrated database what the model says, for what ``op`` has no words for."""

from collections.abc import Callable, Iterator

from schemaproof.catalog.values import Value
from schemaproof.proofs.parity.change import Change
from schemaproof.proofs.parity.quoting import literal, quoted


def of(change: Change) -> Iterator[str]:
    """The statements for ``change``; none where nothing can be said in general."""
    kind = "table" if change.identity.kind.endswith("table") else change.identity.kind
    make: Callable[[Change], Iterator[str]] | None = _KINDS.get(kind)
    if make is not None:
        yield from make(change)


def _table(change: Change) -> Iterator[str]:
    if change.kind != "changed":
        return
    model, alter = change.model, f"ALTER TABLE {change.table}"
    if "row security" in change.attributes:
        yield f"{alter} {'ENABLE' if model['row security'] else 'DISABLE'} ROW LEVEL SECURITY"
    if "force row security" in change.attributes:
        yield f"{alter} {'' if model['force row security'] else 'NO '}FORCE ROW LEVEL SECURITY"
    if "persistence" in change.attributes:
        yield f"{alter} SET {'UNLOGGED' if model['persistence'] == 'unlogged' else 'LOGGED'}"
    if "storage parameters" in change.attributes and isinstance(model["storage parameters"], tuple):
        yield f"{alter} SET {_listed(model['storage parameters'])}"


def _column(change: Change) -> Iterator[str]:
    model, migrated, name = change.model, change.migrated, quoted(change.identity.name)
    alter = f"ALTER TABLE {change.table} ALTER COLUMN {name}"
    definition = str(model["type"]) + (f" COLLATE {model['collation']}" if model.get("collation") else "")
    if change.kind == "missing" or "generated" in change.attributes:
        drop = f"DROP COLUMN {name}, " if change.kind == "changed" else ""
        yield f"ALTER TABLE {change.table} {drop}ADD COLUMN {name} {definition}{_clauses(change)}"
        return
    if change.attributes & {"type", "collation"}:
        if not model.get("collation") and migrated.get("collation"):
            definition += ' COLLATE "default"'
        changes_kind = str(model["type"]).split("(")[0] != str(migrated["type"]).split("(")[0]
        yield f"{alter} TYPE {definition}" + (f" USING {name}::{model['type']}" if changes_kind else "")
    yield from _identity(change, alter)


def _clauses(change: Change) -> str:
    """What follows a column's type where it is added."""
    model = change.model
    if model.get("generated"):
        expression, _, how = str(model["generated"]).rpartition(" ")
        return f" GENERATED ALWAYS AS ({expression}) {how}"
    if model.get("identity"):
        return f" GENERATED {model['identity']} AS IDENTITY"
    default = f" DEFAULT {model['default']}" if model.get("default") else ""
    return default + (" NOT NULL" if model.get("not null") else "")


def _identity(change: Change, alter: str) -> Iterator[str]:
    ours, theirs = change.model.get("identity"), change.migrated.get("identity")
    options = str(change.model.get("identity options") or "")
    if ours and not theirs:
        yield f"{alter} ADD GENERATED {ours} AS IDENTITY ({options})"
    elif theirs and not ours:
        yield f"{alter} DROP IDENTITY"
    elif ours:
        before = _pairs(str(change.migrated.get("identity options") or ""))
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
    """The statement that adds the model's constraint, for what ``op`` can't say."""
    model = change.model
    columns = _listed(model.get("columns"))
    parts = [str(model.get("definition") or f"{model['type']} {columns}")]
    if model["type"] == "UNIQUE" and model.get("nulls not distinct"):
        parts = [f"UNIQUE NULLS NOT DISTINCT {columns}"]
    if model["type"] == "FOREIGN KEY":
        there = model["referenced columns"]
        parts.append(
            f"REFERENCES {model['references']} ({', '.join(map(str, there if isinstance(there, tuple) else ()))})"
        )
        parts += [f"MATCH {model['match']}"] if model["match"] != "SIMPLE" else []
        parts += [
            f"{word} {model[word.lower()]}" for word in ("ON UPDATE", "ON DELETE") if model[word.lower()] != "NO ACTION"
        ]
    if model.get("include"):
        parts.append(f"INCLUDE {_listed(model['include'])}")
    flags = {"no inherit": "NO INHERIT", "deferrable": "DEFERRABLE", "initially deferred": "INITIALLY DEFERRED"}
    parts += [word for attribute, word in flags.items() if model.get(attribute)]
    parts += [] if model.get("validated", True) else ["NOT VALID"]
    return f"ALTER TABLE {change.table} ADD CONSTRAINT {quoted(change.identity.name)} {' '.join(parts)}"


def create_index(change: Change) -> str:
    """The statement that makes the model's index."""
    model = change.model
    parts = [
        f"CREATE {'UNIQUE ' if model['unique'] else ''}INDEX {quoted(change.identity.name)} ON {change.table}",
        "" if model["method"] == "btree" else f"USING {model['method']}",
        _listed(model["columns"]),
        f"INCLUDE {_listed(model['include'])}" if model.get("include") else "",
        "NULLS NOT DISTINCT" if model.get("nulls not distinct") else "",
        f"WITH {_listed(model['storage parameters'])}" if model.get("storage parameters") else "",
        f"TABLESPACE {model['tablespace']}" if model.get("tablespace") else "",
        f"WHERE {model['predicate']}" if model.get("predicate") else "",
    ]
    return " ".join(filter(None, parts))


def _index(change: Change) -> Iterator[str]:
    if "comment" in change.attributes:
        name = quoted(change.identity.schema, change.identity.name)
        yield f"COMMENT ON INDEX {name} IS {literal(change.model['comment'])}"


def _type(change: Change) -> Iterator[str]:
    """New labels, where nothing else differs; a label can't be taken out of an enum, nor moved."""
    name = quoted(change.identity.schema, change.identity.name)
    ours, theirs = change.model.get("labels"), change.migrated.get("labels")
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
    name, model = quoted(change.identity.schema, change.identity.name), change.model
    if change.kind == "extra":
        yield f"DROP SEQUENCE {name}"
        return
    words = [
        word.format(model[one])
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
        yield f"CREATE {word} {name} AS {' '.join(str(change.model['definition']).split())}".removesuffix(";")


def _trigger(change: Change) -> Iterator[str]:
    if change.attributes <= {"", "definition"}:
        if change.kind != "missing":
            yield f"DROP TRIGGER {quoted(change.identity.name)} ON {change.table}"
        if change.kind != "extra":
            yield str(change.model["definition"])


def _policy(change: Change) -> Iterator[str]:
    name, model = quoted(change.identity.name), change.model
    if change.kind != "missing":
        yield f"DROP POLICY {name} ON {change.table}"
    if change.kind != "extra":
        roles = model["roles"] if isinstance(model["roles"], tuple) else ()
        using = f" USING ({model['using']})" if model["using"] else ""
        check = f" WITH CHECK ({model['with check']})" if model["with check"] else ""
        yield (
            f"CREATE POLICY {name} ON {change.table} AS {'PERMISSIVE' if model['permissive'] else 'RESTRICTIVE'}"
            f" FOR {model['command']} TO {', '.join(map(str, roles))}{using}{check}"
        )


def _domain(change: Change) -> Iterator[str]:
    name, model = quoted(change.identity.schema, change.identity.name), change.model
    if change.kind == "extra":
        yield f"DROP DOMAIN {name}"
    elif change.kind == "missing":
        default = f" DEFAULT {model['default']}" if model.get("default") else ""
        yield f"CREATE DOMAIN {name} AS {model['type']}{default}{' NOT NULL' if model['not null'] else ''}"
    if change.kind == "changed" and "not null" in change.attributes:
        yield f"ALTER DOMAIN {name} {'SET' if model['not null'] else 'DROP'} NOT NULL"
    if change.kind == "changed" and "default" in change.attributes:
        yield f"ALTER DOMAIN {name} " + (f"SET DEFAULT {model['default']}" if model["default"] else "DROP DEFAULT")


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
}
