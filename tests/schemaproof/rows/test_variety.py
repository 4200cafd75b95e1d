"""Rows of every kind that definitions allow: with which of the others they have what in common."""

import pytest

from schemaproof.rows import fill
from schemaproof.rows.variety import varied
from tests.schemaproof.rows.conftest import Connection, Held, run

LINKS = """
CREATE TABLE users (id serial PRIMARY KEY);
CREATE TABLE roles (id serial PRIMARY KEY);
CREATE TABLE t (user_id int REFERENCES users, role_id int REFERENCES roles, PRIMARY KEY (user_id, role_id));
"""
PAIR = "CREATE TABLE t (id serial PRIMARY KEY, a int NOT NULL, b text, c int, UNIQUE (a, b))"
TWO_PAIRS = "CREATE TABLE t (id serial PRIMARY KEY, a int, b int, c int, UNIQUE (a, b), UNIQUE (b, c))"
TRIPLE = "CREATE TABLE t (a int, b int, c int, UNIQUE (a, b, c))"


@pytest.mark.parametrize(
    ("statements", "key"),
    [
        *((PAIR, key) for key in ("a", "b", "c", "a, c", "b, c")),
        *((LINKS, key) for key in ("user_id", "role_id")),
        *((TWO_PAIRS, key) for key in ("a", "b", "c")),
        *((TRIPLE, key) for key in ("a, b", "a, c", "b, c")),
    ],
)
def test_rows_have_all_in_common_but_what_a_key_keeps_apart(connection: Connection, statements: str, key: str) -> None:
    run(connection, statements)
    fill(connection, rows=varied)
    query = f"SELECT FROM t WHERE num_nulls({key}) = 0 GROUP BY {key} HAVING count(*) > 1"
    assert connection.execute(query.encode()).rowcount > 0


def test_key_within_another_one_is_kept(connection: Connection, held: Held) -> None:
    """A row that differs in ``a`` alone there can be, and none that differs in ``b`` alone."""
    run(connection, "CREATE TABLE t (a int NOT NULL UNIQUE, b int NOT NULL, UNIQUE (a, b))")
    assert not fill(connection, rows=varied).refused
    assert len(held()) == 10
