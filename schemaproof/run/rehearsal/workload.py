"""What each session of the older release does over and over: it reads, updates and inserts rows of its own."""

# ruff: noqa: S608 (these are the statements: names and values are quoted where they are put in)

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg

from schemaproof.catalog import Catalog
from schemaproof.catalog.names import unquoted
from schemaproof.migration.lines.quoting import quoted
from schemaproof.proofs.releases.affected import Name, affected
from schemaproof.proofs.releases.literals import Literals
from schemaproof.proofs.releases.samples import Cells, Sample, own_rows, samples
from schemaproof.proofs.releases.statements import inserted

_MOST = 8  # tables


@dataclass(frozen=True)
class Task:
    """One statement, and the table that it is for; what it changes is rolled back."""

    table: str
    text: str


def concerned(before: Catalog, after: Catalog) -> list[Name]:
    """The tables that a revision may be felt in: those that it changes or refers to, else the first ones."""
    tables = [(one.schema, one.name) for one in before.objects if one.kind == "table"]
    found: set[Name] = {name for name in affected(before, after).relations if name in tables}
    for one, attributes in after.objects.items():
        if one not in before.objects and attributes.get("type") == "FOREIGN KEY":
            schema, name = unquoted(str(attributes.get("references")))
            found |= {(schema, name)} & {*tables}
    return sorted(found or tables)[:_MOST]


def workload(
    connection: psycopg.Connection[Any], names: Collection[Name], sessions: int, driver: str
) -> list[list[Task]]:
    """For each session, what it does to the tables with these ``names``.

    Args:
        connection: in autocommit mode, to a database with the tables and their rows.
        names: schema and name of each.
        sessions: how many there are; no two of them use the same row.
        driver: SQLAlchemy's name for the driver that the project uses.
    """
    found, types = samples(connection, names)
    literals = Literals(types, driver)
    tasks: list[list[Task]] = [[] for _ in range(sessions)]
    for sample in found:
        _advance(connection, sample)
        rows, keys = own_rows(connection, sample, types, sessions), _keys(connection, sample, sessions)
        for session in range(sessions):
            tasks[session] += _tasks(sample, literals, rows[session : session + 1], keys[session : session + 1])
    return tasks


def _advance(connection: psycopg.Connection[Any], sample: Sample) -> None:
    """Let the sequences of the table go on behind its rows, which were made with numbers of their own."""
    name = quoted(sample.table.schema, sample.table.name)
    for column in (one for one in sample.table.columns.values() if one.counted):
        query = f"SELECT setval(pg_get_serial_sequence(%s, %s), max({quoted(column.name)})) FROM {name}"
        with suppress(psycopg.DataError, psycopg.ProgrammingError):  # beyond its end; a text
            connection.execute(query.encode(), [name, column.name])


def _keys(connection: psycopg.Connection[Any], sample: Sample, count: int) -> list[Cells]:
    """The keys of as many rows that are there."""
    if not sample.primary:
        return []
    name, columns = quoted(sample.table.schema, sample.table.name), [quoted(one) for one in sample.primary]
    texts = ", ".join(f"{one}::text" for one in columns)
    query = f"SELECT {texts} FROM {name} ORDER BY {', '.join(columns)} LIMIT {count}"
    return [dict(zip(sample.primary, row, strict=True)) for row in connection.execute(query.encode())]


def _tasks(sample: Sample, literals: Literals, rows: Sequence[Cells], keys: Sequence[Cells]) -> list[Task]:
    table = sample.table
    name: Name = (table.schema, table.name)
    columns = [one for one in table.columns.values() if not one.generated and not one.counted]
    texts = [inserted(literals, name, columns, row) for row in rows]
    for key in keys:
        pairs = ((quoted(one), literals.written(table.columns[one], text)) for one, text in key.items())
        where = " AND ".join(f"{column} = {value}" for column, value in pairs)
        texts.append(f"SELECT {', '.join(map(quoted, table.columns))} FROM {quoted(*name)} WHERE {where}")
        plain = [quoted(one.name) for one in columns if one.name not in key]
        texts += [f"UPDATE {quoted(*name)} SET {one} = {one} WHERE {where}" for one in plain[:1]]
    return [Task(".".join(name), text) for text in texts]
