"""Values of each type: the server takes all of them, and gives them back as it prints them."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from hypothesis import find, settings
from hypothesis.strategies import SearchStrategy

from schemaproof.postgres import Server
from schemaproof.rows.edges import edges
from schemaproof.rows.strategies import values
from schemaproof.rows.types import Type, read_types
from schemaproof.rows.values import UnknownTypeError
from tests.schemaproof.rows.conftest import Connection, run
from tests.schemaproof.rows.populations import drawn
from tests.schemaproof.rows.test_fill_values import _OWN_TYPES, TYPES

# Which objects, configurations or tuples these name depends on the database.
_NAMES = {"regclass", "xml"}
_USUAL = [name for name in TYPES if name not in _NAMES and not name.startswith('"S p".domain')]


@pytest.fixture(scope="module")
def typed(postgres_server: Server) -> Iterator[Connection]:
    """A connection to a database of the module's own, with types of its own."""
    with postgres_server.create() as database, psycopg.connect(database.dsn, autocommit=True) as connection:
        run(connection, _OWN_TYPES)
        yield connection


@pytest.fixture
def connection(typed: Connection) -> Iterator[Connection]:
    """The same, with nothing left of what a test does."""
    with typed.transaction(force_rollback=True):
        yield typed


@pytest.fixture(scope="module")
def types(typed: Connection) -> dict[int, Type]:
    """All types."""
    return read_types(typed.cursor())


def described(connection: Connection, name: str) -> tuple[int, int]:
    """A column of this type."""
    run(connection, f"CREATE TABLE t (a {name})")
    query = "SELECT atttypid, atttypmod FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'a'"
    oid, modifier = connection.execute(query).fetchone() or (0, 0)
    return oid, modifier


type Strategies = Callable[[str], SearchStrategy[str]]


@pytest.fixture
def strategy(connection: Connection, types: dict[int, Type]) -> Strategies:
    """That of a type, by its name."""
    return lambda name: values(types, *described(connection, name))


def kept(connection: Connection, texts: list[str]) -> list[str]:
    """Each as the server prints it after t.a took it."""
    connection.execute("TRUNCATE t")
    with connection.cursor() as cursor, connection.transaction():
        cursor.executemany("INSERT INTO t VALUES (%s) RETURNING a::text", [[text] for text in texts], returning=True)
        return [str((one.fetchone() or ("",))[0]) for one in cursor.results()]


@pytest.mark.parametrize("name", _USUAL)
def test_values_are_accepted_and_stay_what_they_are(name: str, connection: Connection, strategy: Strategies) -> None:
    texts = list(dict.fromkeys(drawn(strategy(name), 40)))
    printed = kept(connection, texts)
    assert kept(connection, printed) == printed


@pytest.mark.parametrize("name", ["text", "varchar(3)", "char(3)"])
def test_texts_have_hard_characters(name: str, connection: Connection, types: dict[int, Type]) -> None:
    hard = set("".join(edges(types, *described(connection, name))))
    assert {"'", '"', "\\", "\n", "\x01", "\u0301", "\u202e", "\U0001f600", "\U0010ffff"} <= hard
    assert not {"\0", "\ud800"} & hard


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("integer", "-2147483648"),
        ("bigint", "9223372036854775807"),
        ("double precision", "NaN"),
        ("numeric", "-Infinity"),
        ("numeric(3,1)", "999e-1"),
        ("date", "4714-11-24 BC"),
        ("timestamptz", "294276-12-31 23:59:59.999999+00"),
        ("timestamp", "-infinity"),
        ("interval", "-178000000 years"),
        ("bytea", "\\x"),
        ("jsonb", '{"a": 1, "a": 2}'),
        ("integer[]", "{NULL}"),
        ("int4range", "empty"),
        ("tstzmultirange", "{}"),
        ("bit(5)", "11111"),
    ],
)
def test_values_reach_the_edge(name: str, value: str, strategy: Strategies) -> None:
    assert value in drawn(strategy(name), 150)


def test_a_multi_dimensional_array_is_reached(strategy: Strategies) -> None:
    assert any(text.startswith("{{") for text in drawn(strategy("integer[]"), 100))


def test_the_simplest_value_is_plain(strategy: Strategies) -> None:
    plain = find(strategy("integer"), lambda _: True, settings=settings(database=None, derandomize=True))
    assert plain == "1"


def test_a_type_without_known_values_is_told(strategy: Strategies) -> None:
    with pytest.raises(UnknownTypeError, match="aclitem"):
        strategy("aclitem")
