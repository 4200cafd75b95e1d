"""Names that PostgreSQL chooses; the server is the oracle."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemaproof.catalog import Catalog
from schemaproof.catalog.names import generated, is_generated, unquoted
from tests.schemaproof.catalog.conftest import Connection

# Up to the 63 bytes that a name has, in characters of one to four bytes.
_names = st.text("ab_ä€𝄞", min_size=1, max_size=80).map(lambda text: text.encode()[:63].decode(errors="ignore"))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=_names, columns=st.lists(_names, min_size=2, max_size=4, unique=True))
def test_generated_names_are_those_that_the_server_chooses(
    table: str, columns: list[str], shared_connection: Connection
) -> None:
    with shared_connection.transaction(force_rollback=True):
        together = ", ".join(f'"{column}"' for column in columns)
        shared_connection.execute(
            f'CREATE TABLE "{table}" ("{columns[0]}" serial PRIMARY KEY CHECK ("{columns[0]}" > 0),'
            f" {', '.join(f'"{column}" int' for column in columns[1:])},"
            f' UNIQUE ({together}), CHECK ("{columns[0]}" > "{columns[1]}"),'
            f' FOREIGN KEY ("{columns[1]}") REFERENCES "{table}", EXCLUDE ("{columns[1]}" WITH =)); CREATE INDEX ON'
            f' "{table}" ("{columns[0]}"); CREATE INDEX ON "{table}" ("{columns[0]}"); CREATE INDEX ON'
            f' "{table}" (abs("{columns[0]}"), ("{columns[1]}" + 1)) INCLUDE ("{columns[1]}")'.encode()
        )
        if shared_connection.info.server_version >= 160000:  # before, statistics had to be named
            shared_connection.execute(
                f'CREATE STATISTICS ON {together}, ("{columns[0]}" + 1), ("{columns[0]}" + 2) FROM "{table}"'.encode()
            )
        items = [item for item in Catalog.read(shared_connection).items() if item.generated_from]

    assert len(items) >= 10
    assert [item.identity for item in items if not is_generated(item.identity.name, item.generated_from or ())] == []


@pytest.mark.parametrize("name", ["t_a_key0", "t_a_key_1", "t_a_key01", "t_b_key", "t_a_keys", "ta_key"])
def test_a_name_that_the_server_would_not_choose_is_not_generated(name: str) -> None:
    assert not is_generated(name, ("key", "t", "a"))


def test_a_long_name_leaves_room_for_the_number() -> None:
    assert generated("t" * 63, ["c" * 63], "key1") == f"{'t' * 29}_{'c' * 28}_key1"


@pytest.mark.parametrize(
    ("text", "parts"), [("public.t", ("public", "t")), ('"S.x"."a""b".c', ("S.x", 'a"b', "c")), ("t", ("t",))]
)
def test_a_printed_name_is_taken_apart(text: str, parts: tuple[str, ...]) -> None:
    assert unquoted(text) == parts
