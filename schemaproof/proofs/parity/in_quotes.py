"""Defaults that the model has in quotes: ``server_default="now()"``, a str, is a string literal and no expression.

PostgreSQL reads a literal of a type that holds a moment when the column is made, 'now()' among them: the default is
another constant in each database, and the model's is the moment of the comparison. Where the migrations make the same
mistake, no comparison shows it: a day is the same in two databases of one run, and a text is always the same.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

import psycopg
from sqlalchemy import DefaultClause, MetaData

from schemaproof.catalog import Difference, Identity
from schemaproof.catalog.names import clipped
from schemaproof.catalog.values import shown
from schemaproof.migration.autogenerate.layout import Layout, Objects
from schemaproof.migration.lines.quoting import literal, text
from schemaproof.postgres import Database
from schemaproof.proofs.parity.confirm import printed_default

# What such a literal may say of the moment at which it is read: table 8.13 of the manual.
_RELATIVE = re.compile(r"\b(now|today|tomorrow|yesterday)\b", re.IGNORECASE)

# How PostgreSQL prints a constant of a type that holds moments, a range or an array of them.
_MOMENT = re.compile(r"'[^']*'::(?:(?:timestamp|time|date)\b|(?:tstz|ts|date)(?:multi)?range\b)")

# How it prints a constant of a type that holds texts, and what such a text looks like where it is an expression.
_TEXT = re.compile(r"'.*'::(?:text|character varying|character|bpchar|name|citext)$", re.DOTALL)
_CALL = re.compile(r"\s*(?:(?P<schema>\w+)\.)?(?P<name>[a-z_]\w*)\s*\([^()]*\)\s*", re.IGNORECASE)
_CLOCKS = re.compile(
    r"\s*(?:current_(?:timestamp|date|time|user|role|schema)|localtime(?:stamp)?|session_user)\s*", re.IGNORECASE
)

# A day is the same in all databases of one run; other moments are another in each, which other checks tell.
_DAY = re.compile(r"'[^']*'::date(?:(?:multi)?range)?\b")

# The expression for each, where the literal says nothing else.
_EXPRESSIONS = {
    "now": "sa.func.now()",
    "today": 'sa.text("CURRENT_DATE")',
    "tomorrow": 'sa.text("CURRENT_DATE + 1")',
    "yesterday": 'sa.text("CURRENT_DATE - 1")',
}


@dataclass(frozen=True)
class InQuotes:
    """A default of the model that is a literal and should be an expression.

    Attributes:
        text: the str in the model.
        once: whether PostgreSQL evaluates it, once, at CREATE TABLE; else it stays the text that it is.
    """

    text: str
    once: bool

    def message(self, difference: Difference) -> str:
        """What is wrong; ``difference`` says what the migrations have."""
        given = f"`server_default={text(self.text)}` is a string literal"
        after = difference.after
        made = "give the column no default" if after is None else f"make the default {shown(after)}"
        if self.once:
            return f"{given} that PostgreSQL evaluates once, at CREATE TABLE; the migrations {made}."
        return f"{given} and no expression: each row gets the text itself; the migrations {made}."

    @property
    def agreed(self) -> str:
        """What is wrong where model and migrations have it alike."""
        given = f"`server_default={text(self.text)}` is a string literal"
        if self.once:
            return f"{given} that PostgreSQL evaluates once: the default is the day of the migration, for good."
        return f"{given} and no expression: each row gets the text itself."

    @property
    def remedy(self) -> str:
        """What to write in the model."""
        return f"Write the expression in the model, not a string: `server_default={self.expression}`."

    @property
    def expression(self) -> str:
        """What is meant, as code."""
        word = re.sub(r"\W+", "", self.text).lower()
        return _EXPRESSIONS.get(word, f"sa.text({text('...' if self.once else self.text)})")

    def line(self, column: Identity, home: str) -> str:
        """The line of a revision that gives ``column`` the expression; ``home`` is the schema that needs no name."""
        schema = "" if column.schema == home else f", schema={text(column.schema)}"
        table, name = text(column.parent), text(column.name)
        return f"op.alter_column({table}, {name}, server_default={self.expression}{schema})"


def in_quotes(
    differences: Iterable[Difference], metadata: Iterable[MetaData], layout: Layout, model: Objects, database: Database
) -> dict[Identity, InQuotes]:
    """The columns of ``differences`` whose default the model has in quotes.

    Args:
        differences: from what the metadata makes to what the migrations make.
        metadata: what the models declare.
        layout: where its tables are.
        model: the objects that it makes.
        database: where they are.
    """
    literals = dict(_literals(metadata, layout))
    defaults = [one for one in differences if one.attribute == "default" and one.identity in literals]
    if not defaults:
        return {}
    with psycopg.connect(database.dsn) as connection:
        found = ((one.identity, _judged(connection, one, literals[one.identity], model)) for one in defaults)
        return {identity: quoted for identity, quoted in found if quoted is not None}


def unnoticed(
    metadata: Iterable[MetaData],
    layout: Layout,
    model: Objects,
    migrated: Objects,
    copy: Callable[[], AbstractContextManager[Database]],
) -> dict[Identity, InQuotes]:
    """The columns whose default model and migrations have in quotes alike.

    Args:
        metadata: what the models declare.
        layout: where its tables are.
        model: the objects that it makes.
        migrated: the objects that the migrations make.
        copy: a database in the migrations' state, whose functions tell a call from any other text.
    """
    found: dict[Identity, InQuotes] = {}
    called: dict[Identity, tuple[str, str]] = {}
    for identity, given in _literals(metadata, layout):
        default = str(migrated.get(identity, {}).get("default"))
        if default != str(model.get(identity, {}).get("default")):
            continue
        if _DAY.match(default) and _RELATIVE.search(given):
            found[identity] = InQuotes(given, once=True)
        elif _TEXT.match(default) and _CLOCKS.fullmatch(given):
            found[identity] = InQuotes(given, once=False)
        elif _TEXT.match(default) and (call := _CALL.fullmatch(given)):
            called[identity] = given, call["name"]
    if called:
        with copy() as database, psycopg.connect(database.dsn) as connection:
            query = "SELECT DISTINCT proname::text FROM pg_proc WHERE proname = ANY (%s)"
            known = {name for (name,) in connection.execute(query, [[name.lower() for _, name in called.values()]])}
        found |= {one: InQuotes(given, once=False) for one, (given, name) in called.items() if name.lower() in known}
    return found


def settled(difference: Difference, quoted: Mapping[Identity, InQuotes], model: Objects) -> Difference:
    """``difference`` with the default as the model has it, where it is evaluated once: else each run tells another."""
    known = quoted.get(difference.identity)
    if known is None or not known.once or difference.attribute != "default":
        return difference
    return replace(difference, before=f"{literal(known.text)}::{model[difference.identity]['type']}")


def _literals(metadata: Iterable[MetaData], layout: Layout) -> Iterator[tuple[Identity, str]]:
    """The columns of ``metadata`` whose default is a str."""
    for table in (table for one in metadata for table in one.tables.values()):
        for column in table.columns:
            default = column.server_default
            if isinstance(default, DefaultClause) and isinstance(default.arg, str):
                yield (
                    Identity("column", layout.home(table.schema), clipped(table.name), clipped(column.name)),
                    default.arg,
                )


def _judged(connection: psycopg.Connection, difference: Difference, given: str, model: Objects) -> InQuotes | None:
    """What is to be said of the literal ``given``; None where nothing tells that it should be an expression."""
    made = str(difference.before)
    if _RELATIVE.search(given) and _MOMENT.match(made):
        return InQuotes(given, once=True)
    kind = str(model[difference.identity]["type"])
    if difference.after is not None and printed_default(connection, kind, given) == difference.after:
        return InQuotes(given, once=False)
    return None
