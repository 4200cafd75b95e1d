"""What a server itself makes different between two identical objects, which is never the project's doing.

A release may keep books of its own in the catalog: 17.12 writes a number into pg_attribute.attoptions of every new
column, another one each time (issue 11). So every server proves itself before anything is compared on it: the same
schema, with an object of every kind, is made in two databases, and what differs there is compared nowhere.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import psycopg

from schemaproof.catalog.difference import diff
from schemaproof.catalog.reading import leave_out
from schemaproof.catalog.sample import STATEMENTS
from schemaproof.catalog.snapshot import Catalog
from schemaproof.catalog.values import shown

type Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Noise:
    """An attribute that a server makes different by itself.

    Attributes:
        kind: of the objects that have it ("column", "index", ...).
        attribute: which is left out of every catalog that is read of the server, in this process.
        seen: the values of one object in two databases, for people.
    """

    kind: str
    attribute: str
    seen: str


_proved: dict[str, tuple[Noise, ...]] = {}


def prove(one: Connection, another: Callable[[], AbstractContextManager[Connection]]) -> tuple[Noise, ...]:
    """What a server makes different by itself, ordered; worked out for each release once a process.

    From then on, :meth:`Catalog.read` leaves these attributes out for all servers of exactly this version().

    Args:
        one: to an empty database, in autocommit mode; what is made there is rolled back.
        another: opens such a connection to another database of the same server.
    """
    row = one.execute("SELECT version()").fetchone()
    assert row is not None  # noqa: S101 (a SELECT without FROM has one row)
    release: str = row[0]
    if release not in _proved:
        with another() as other:
            remember(release, tuple(_noise(_catalog(one), _catalog(other))))
    return _proved[release]


def proved(release: str) -> tuple[Noise, ...] | None:
    """What servers of ``release``, a version(), have proved; None where none has in this process."""
    return _proved.get(release)


def remember(release: str, found: tuple[Noise, ...]) -> None:
    """Take over what servers of ``release``, a version(), have proved to another process."""
    _proved[release] = found
    leave_out(release, _by_kind(found))


def forget(release: str) -> None:
    """Let the servers of ``release``, a version(), prove themselves again."""
    _proved.pop(release, None)
    leave_out(release, {})


def _catalog(connection: Connection) -> Catalog:
    """The sample's catalog, privileges included; the database is as it was."""
    with connection.transaction(force_rollback=True):
        for statement in STATEMENTS:
            try:
                with connection.transaction():
                    connection.execute(statement)
            except psycopg.Error:
                continue  # of a later release, or for superusers alone: this user's project can't have it either
        return Catalog.read(connection, privileges=True)


def _noise(one: Catalog, other: Catalog) -> Iterable[Noise]:
    found: dict[tuple[str, str], Noise] = {}
    for difference in diff(one, other):
        key = (difference.identity.kind, difference.attribute)
        values = f"{shown(difference.before)} and {shown(difference.after)}"
        if difference.kind == "changed" and not difference.generated_name:
            found.setdefault(key, Noise(*key, values))
    return sorted(found.values(), key=lambda noise: (noise.kind, noise.attribute))


def _by_kind(noises: Iterable[Noise]) -> Mapping[str, frozenset[str]]:
    kinds: dict[str, set[str]] = {}
    for noise in noises:
        kinds.setdefault(noise.kind, set()).add(noise.attribute)
    return {kind: frozenset(attributes) for kind, attributes in kinds.items()}
