"""Rows that refer to others: in which order tables are filled, and which can't be; the server is the oracle."""

import pytest

from schemaproof.rows import fill
from tests.schemaproof.rows.conftest import Connection, Held, assert_filled, refusal, run


def test_a_key_refers_to_rows_that_are_there(connection: Connection) -> None:
    run(
        connection,
        "CREATE TABLE z (id uuid PRIMARY KEY DEFAULT gen_random_uuid());"
        " CREATE TABLE b (id serial PRIMARY KEY, z uuid NOT NULL UNIQUE REFERENCES z);"
        " CREATE TABLE a (b int NOT NULL REFERENCES b ON DELETE CASCADE)",
    )
    assert_filled(fill(connection), "public.a", "public.b", "public.z")


def test_a_key_refers_to_rows_that_were_there_before(connection: Connection, held: Held) -> None:
    run(
        connection, "CREATE TABLE u (id int PRIMARY KEY); INSERT INTO u VALUES (7); CREATE TABLE t (u int REFERENCES u)"
    )
    fill(connection)
    assert held() == [(7,), (7,), (None,)]


def test_keys_that_share_columns_agree(connection: Connection) -> None:
    run(
        connection,
        "CREATE TABLE tenant (id uuid PRIMARY KEY DEFAULT gen_random_uuid());"
        " CREATE TABLE a (tenant uuid REFERENCES tenant, id serial, PRIMARY KEY (tenant, id));"
        " CREATE TABLE b (tenant uuid REFERENCES tenant, id serial, PRIMARY KEY (id, tenant));"
        " CREATE TABLE t (b int, a int, tenant uuid REFERENCES tenant, PRIMARY KEY (tenant, a, b),"
        " FOREIGN KEY (tenant, a) REFERENCES a, FOREIGN KEY (b, tenant) REFERENCES b)",
    )
    assert_filled(fill(connection), "public.a", "public.b", "public.t", "public.tenant")


def test_a_row_may_refer_to_one_of_its_own_table(connection: Connection, held: Held) -> None:
    run(connection, "CREATE TABLE t (id int PRIMARY KEY, t int REFERENCES t)")
    fill(connection)
    assert held() == [(1001, None), (1002, None), (1003, 1001)]


@pytest.mark.parametrize("identity", ["", "GENERATED ALWAYS AS IDENTITY", "DEFAULT 5"])
def test_a_row_that_must_refer_to_one_of_its_own_table_refers_to_itself(
    identity: str, connection: Connection, held: Held
) -> None:
    run(connection, f"CREATE TABLE t (id int {identity} PRIMARY KEY, t int NOT NULL REFERENCES t)")
    fill(connection)
    assert held()[0] == (1001, 1001)


def test_a_cycle_of_keys_is_broken_where_null_satisfies_one(connection: Connection, held: Held) -> None:
    run(
        connection,
        "CREATE TABLE a (id int PRIMARY KEY, b int NOT NULL); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a);"
        " ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b",
    )
    assert_filled(fill(connection), "public.a", "public.b")
    assert [a for _, a in held("b")] == [None] * 3


_CYCLE = (
    "CREATE TABLE a (id serial PRIMARY KEY, c int NOT NULL);"
    " CREATE TABLE b (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a int NOT NULL REFERENCES a {});"
    " CREATE TABLE c (id uuid DEFAULT gen_random_uuid(), n int UNIQUE, b int NOT NULL REFERENCES b);"
    " ALTER TABLE a ADD FOREIGN KEY (c) REFERENCES c (n); CREATE TABLE t (a int NOT NULL REFERENCES a)"
)


def test_a_cycle_of_keys_is_filled_at_once_where_one_is_deferrable(connection: Connection) -> None:
    run(connection, _CYCLE.format("DEFERRABLE"))
    assert_filled(fill(connection), "public.a", "public.b", "public.c", "public.t")


def test_a_cycle_of_keys_that_cannot_be_deferred_is_refused_with_what_refers_to_it(connection: Connection) -> None:
    reason = refusal(connection, _CYCLE.format(""))
    refused = fill(connection).refused
    assert reason == "it refers to public.a, which has no rows"
    assert sorted(refused) == ["public.a", "public.b", "public.c", "public.t"]
    assert "public.a, public.b, public.c" in refused["public.a"]


def test_a_key_to_a_table_that_stays_empty_is_null_or_refused(connection: Connection) -> None:
    run(
        connection,
        "CREATE TABLE e (id int PRIMARY KEY); CREATE TABLE may (e int REFERENCES e);"
        " CREATE TABLE must (e int NOT NULL REFERENCES e)",
    )
    filled = fill(connection, leave=[("public", "e")])
    assert filled.filled == ("public.may",)
    assert "null value" in filled.refused["public.must"]
