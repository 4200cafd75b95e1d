"""What a server itself makes different between two identical objects is compared nowhere."""

from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from typing import Any

import psycopg
import pytest

from schemaproof.catalog import Catalog, diff, noise
from schemaproof.catalog.aspects import ASPECTS
from schemaproof.catalog.sample import STATEMENTS
from schemaproof.postgres import Server
from tests.schemaproof.catalog.planting import plant_bookkeeping

type Connection = psycopg.Connection[Any]

TABLE = "CREATE TABLE t (a int)"


@pytest.fixture
def pair(postgres_server: Server) -> Iterator[tuple[Connection, Connection]]:
    """Connections in autocommit mode to two empty databases, whose server has not proved itself yet."""
    with ExitStack() as stack:
        databases = [stack.enter_context(postgres_server.create()) for _ in range(2)]
        one, other = (stack.enter_context(psycopg.connect(each.dsn, autocommit=True)) for each in databases)
        noise.forget(release_of(one))
        yield one, other
        noise.forget(release_of(one))


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that writes another number into each column, under "bookkeeping"."""
    plant_bookkeeping(monkeypatch)


def release_of(connection: Connection) -> str:
    row = connection.execute("SELECT version()").fetchone()
    assert row is not None
    return str(row[0])


def prove(one: Connection, other: Connection) -> tuple[noise.Noise, ...]:
    return noise.prove(one, lambda: nullcontext(other))


def differences_of_twins(one: Connection, other: Connection) -> list[str]:
    for connection in (one, other):
        connection.execute(TABLE)
    return [str(difference) for difference in diff(Catalog.read(one), Catalog.read(other))]


@pytest.mark.usefixtures("planted")
def test_planted_difference_is_seen_where_the_server_has_not_proved_itself(pair: tuple[Connection, Connection]) -> None:
    assert any("bookkeeping" in one for one in differences_of_twins(*pair))


@pytest.mark.usefixtures("planted")
def test_planted_difference_is_left_out_and_told(pair: tuple[Connection, Connection]) -> None:
    told = prove(*pair)

    assert [(one.kind, one.attribute) for one in told] == [("column", "bookkeeping")]
    assert " and 0." in told[0].seen
    assert differences_of_twins(*pair) == []


@pytest.mark.usefixtures("planted")
def test_what_is_left_out_stays_left_out_when_the_catalog_is_refreshed(pair: tuple[Connection, Connection]) -> None:
    prove(*pair)
    before = Catalog.read(pair[0])
    pair[0].execute(TABLE)

    assert [str(one) for one in diff(before, before.refresh(pair[0]))] == ["table public.t: is extra"]
    assert before.refresh(pair[0]) == Catalog.read(pair[0])


def test_this_server_makes_nothing_different_that_is_compared(pair: tuple[Connection, Connection]) -> None:
    """17.12 writes ``pg_attver=<number>`` into the options of each column, which is no option that one can set."""
    assert prove(*pair) == ()


def test_options_that_one_can_set_are_compared(pair: tuple[Connection, Connection]) -> None:
    prove(*pair)
    assert differences_of_twins(*pair) == []

    pair[1].execute("ALTER TABLE t ALTER a SET (n_distinct = 7)")

    told = [str(difference) for difference in diff(Catalog.read(pair[0]), Catalog.read(pair[1]))]
    assert told == ["column public.t.a: options was none, is (n_distinct=7)"]


def test_proof_leaves_the_databases_as_they_were(pair: tuple[Connection, Connection]) -> None:
    before = Catalog.read(pair[0], privileges=True)
    prove(*pair)
    assert Catalog.read(pair[0], privileges=True) == before


# What takes a tablespace, which is a folder of the server's, or a function in C of one's own.
_UNSET = {
    ("tables", "tablespace"),
    ("views", "tablespace"),
    ("indexes", "tablespace"),
    ("constraints", "tablespace"),
    ("types", "canonical"),
    ("foreign-data wrappers", "handler"),
    ("routines", "transforms"),
}


def test_sample_has_every_kind_of_object_and_sets_every_attribute(pair: tuple[Connection, Connection]) -> None:
    """Of an attribute that the sample never sets, a server could make what it likes."""
    connection = pair[0]
    release = connection.info.server_version // 10000
    refused = []
    with connection.transaction(force_rollback=True):
        for statement in STATEMENTS:
            try:
                with connection.transaction():
                    connection.execute(statement)
            except psycopg.Error as error:
                refused.append(f"{statement}: {error}")
        items = [*Catalog.read(connection, privileges=True).items()]
    set_ = {(item.aspect, name) for item in items for name, value in item.attributes.items() if value is not None}
    wanted = {(aspect.name, name) for aspect in ASPECTS for name in aspect.names(release, privileges=True)}

    without_icu = {("collations", "locale"), ("collations", "rules")} if any("ICU" in one for one in refused) else set()
    assert refused == [] or release < 18 or without_icu, refused
    assert wanted - set_ - _UNSET - without_icu == set()
