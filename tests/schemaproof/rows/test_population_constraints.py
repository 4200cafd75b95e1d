"""Rows that constraints of every kind accept; the server is the oracle."""

import pytest

from tests.schemaproof.rows.conftest import Connection
from tests.schemaproof.rows.populations import accepted, of

_TENANT = "CREATE TABLE tenant (id uuid PRIMARY KEY); "
_TWO = "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id text PRIMARY KEY); "
# Each with the table of which some example must have several rows.
CASES = {
    "check of a range": ("CREATE TABLE t (a int NOT NULL CHECK (a BETWEEN 10 AND 20), b int CHECK (b > 5))", "t"),
    "check of a list": ("CREATE TABLE t (a text NOT NULL CHECK (a IN ('x', 'y')), b text CHECK (b <> ''))", "t"),
    "check of a length": ("CREATE TABLE t (a text NOT NULL CHECK (length(a) >= 3 AND length(a) < 10))", "t"),
    "check of classes of characters": (
        "CREATE TABLE t (a text UNIQUE NOT NULL CHECK (a ~ '^[[:upper:]_]{3}[[:digit:]][^[:space:][:punct:]]$'))",
        "t",
    ),
    "check of a pattern": ("CREATE TABLE t (a text UNIQUE NOT NULL CHECK (a ~ '^[A-Z]{3}-[0-9]{2}$'))", "t"),
    "check of two columns": ("CREATE TABLE t (d date NOT NULL, e date NOT NULL, f int, CHECK (d < e))", "t"),
    "check that fails for some": ("CREATE TABLE t (a int NOT NULL, b int NOT NULL, CHECK (100 / a > b))", "t"),
    "check of a unique column": ("CREATE TABLE t (a int PRIMARY KEY, b int NOT NULL, CHECK (b > a))", "t"),
    "check of NULLs": (
        "CREATE TABLE t (k text NOT NULL CHECK (k IN ('a', 'b')), a int, CHECK ((k = 'a') = (a IS NOT NULL)))",
        "t",
    ),
    "one key of two": (
        _TWO + "CREATE TABLE t (a int REFERENCES a, b text REFERENCES b, CHECK (num_nonnulls(a, b) = 1))",
        "t",
    ),
    "not its own parent": ("CREATE TABLE t (id int PRIMARY KEY, p int REFERENCES t, CHECK (p <> id))", "t"),
    "an earlier parent": ("CREATE TABLE t (id int PRIMARY KEY, p int REFERENCES t, CHECK (p < id))", "t"),
    "pairs": (
        _TWO + "CREATE TABLE t (x int REFERENCES a, y int REFERENCES a, PRIMARY KEY (x, y), CHECK (x < y))",
        "t",
    ),
    "domains": (
        "CREATE DOMAIN d AS text CHECK (length(value) BETWEEN 2 AND 4);"
        " CREATE DOMAIN e AS d NOT NULL CHECK (value ~ '^[a-z]');"
        " CREATE DOMAIN j AS jsonb CHECK (jsonb_typeof(value) = 'object');"
        " CREATE TABLE t (a e PRIMARY KEY, b d, c d[], d j NOT NULL)",
        "t",
    ),
    "unique edges": (
        "CREATE TABLE t (a numeric PRIMARY KEY, b float8 UNIQUE, c interval UNIQUE, d timestamptz UNIQUE,"
        " e char(3) UNIQUE, f bytea UNIQUE, g jsonb UNIQUE, h name UNIQUE, i inet UNIQUE)",
        "t",
    ),
    "unique per parent": (_TWO + "CREATE TABLE t (a int NOT NULL REFERENCES a, n text, UNIQUE (a, n))", "t"),
    "association": (_TWO + "CREATE TABLE t (a int REFERENCES a, b text REFERENCES b, PRIMARY KEY (a, b))", "t"),
    "one to one": (_TWO + "CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL UNIQUE REFERENCES a)", "t"),
    "joined inheritance": (_TWO + "CREATE TABLE t (id int PRIMARY KEY REFERENCES a, v text)", "t"),
    "siblings": ("CREATE TABLE t (id int PRIMARY KEY, p int REFERENCES t, n text NOT NULL, UNIQUE (p, n))", "t"),
    "few values": ("CREATE TABLE t (a bool PRIMARY KEY)", "t"),
    "nulls not distinct": ("CREATE TABLE t (a int, b bool, UNIQUE NULLS NOT DISTINCT (a, b))", "t"),
    "partial unique index": (
        _TWO + "CREATE TABLE t (a int REFERENCES a, on_ bool NOT NULL); CREATE UNIQUE INDEX ON t (a) WHERE on_",
        "t",
    ),
    "unique index of expressions": (
        "CREATE TABLE t (a text NOT NULL, b int); CREATE UNIQUE INDEX ON t (lower(a), coalesce(b, 0))",
        "t",
    ),
    "exclusion": ("CREATE TABLE t (r tsrange NOT NULL, c circle, EXCLUDE USING gist (r WITH &&, c WITH &&))", "t"),
    "exclusion of expressions": (
        "CREATE TABLE t (id int PRIMARY KEY, s date NOT NULL, e date NOT NULL, CHECK (s < e),"
        " EXCLUDE USING gist (daterange(s, e) WITH &&))",
        "t",
    ),
    "range partitions": (
        "CREATE TABLE t (id int, d date NOT NULL, PRIMARY KEY (id, d)) PARTITION BY RANGE (d);"
        " CREATE TABLE t1 PARTITION OF t FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');"
        " CREATE TABLE u (id int, d date, FOREIGN KEY (id, d) REFERENCES t)",
        "u",
    ),
    "list partitions": (
        "CREATE TABLE t (k text) PARTITION BY LIST (k); CREATE TABLE t1 PARTITION OF t FOR VALUES IN ('a''b', 'c')",
        "t",
    ),
    "hash partitions": (
        "CREATE TABLE t (k int) PARTITION BY HASH (k);"
        " CREATE TABLE t1 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
        "t",
    ),
    "generated columns": (
        "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, b int,"
        " c int GENERATED ALWAYS AS (100 / b) STORED)",
        "t",
    ),
    "no columns": ("CREATE TABLE t ()", "t"),
    "shared columns": (
        _TENANT + "CREATE TABLE a (tenant uuid REFERENCES tenant, id serial, PRIMARY KEY (tenant, id));"
        " CREATE TABLE b (tenant uuid REFERENCES tenant, id serial, PRIMARY KEY (id, tenant));"
        " CREATE TABLE t (b int, a int, tenant uuid REFERENCES tenant, PRIMARY KEY (tenant, a, b),"
        " FOREIGN KEY (tenant, a) REFERENCES a, FOREIGN KEY (b, tenant) REFERENCES b)",
        "t",
    ),
    "tree of a tenant": (
        _TENANT + "CREATE TABLE t (tenant uuid NOT NULL REFERENCES tenant, id int, p int, PRIMARY KEY (tenant, id),"
        " FOREIGN KEY (tenant, p) REFERENCES t)",
        "t",
    ),
    "tree in parts": (
        "CREATE TABLE t (part int, id int, p int, PRIMARY KEY (part, id), FOREIGN KEY (part, p) REFERENCES t)",
        "t",
    ),
    "its own or another row": ("CREATE TABLE t (id int PRIMARY KEY, p int NOT NULL REFERENCES t)", "t"),
    "cycle": (
        "CREATE TABLE u (id int PRIMARY KEY, t int NOT NULL); CREATE TABLE t (id int PRIMARY KEY, u int NOT NULL"
        " REFERENCES u); ALTER TABLE u ADD FOREIGN KEY (t) REFERENCES t",
        "t",
    ),
    "deferrable cycle": (
        "CREATE TABLE u (id int PRIMARY KEY, t int NOT NULL); CREATE TABLE t (id int PRIMARY KEY, u int NOT NULL"
        " REFERENCES u DEFERRABLE); ALTER TABLE u ADD FOREIGN KEY (t) REFERENCES t DEFERRABLE INITIALLY DEFERRED",
        "t",
    ),
    "cycle of one to one": (
        "CREATE TABLE u (id int PRIMARY KEY, t int UNIQUE); CREATE TABLE t (id int PRIMARY KEY, u int NOT NULL UNIQUE"
        " REFERENCES u); ALTER TABLE u ADD FOREIGN KEY (t) REFERENCES t",
        "t",
    ),
    "cycle through primary keys": (
        "CREATE TABLE u (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY REFERENCES u);"
        " ALTER TABLE u ADD FOREIGN KEY (id) REFERENCES t",
        "t",
    ),
    "key of another type": (
        "CREATE TABLE u (id bigint PRIMARY KEY); CREATE TABLE t (u smallint NOT NULL REFERENCES u)",
        "t",
    ),
    "rows that are there": (
        "CREATE TABLE u (id serial PRIMARY KEY, n text UNIQUE); INSERT INTO u (n) SELECT 'text ' || n FROM"
        " generate_series(1, 100) n; CREATE TABLE t (u int UNIQUE NOT NULL REFERENCES u)",
        "t",
    ),
    "names": (
        'CREATE TABLE "a b%s{}" ("%s" int PRIMARY KEY, "{}" text, "$1" int CHECK ("$1" > 3), "q""x" jsonb);'
        ' CREATE TABLE t (a int REFERENCES "a b%s{}")',
        "t",
    ),
    "trigger that looks for the parent": (
        _TWO + "CREATE TABLE t (a int NOT NULL REFERENCES a); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN IF NOT EXISTS (SELECT FROM a WHERE id = new.a) THEN RAISE 'no parent'; END IF; RETURN new; END$$;"
        " CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "t",
    ),
}
# The others have several rows at once somewhere among the examples.
_ONE_ROW: set[str] = set()


@pytest.mark.parametrize("name", CASES)
def test_rows_are_accepted_under(name: str, connection: Connection) -> None:
    statements, table = CASES[name]
    forests = accepted(connection, statements)
    assert max(len(rows["public", table]) for rows in forests) > (name not in _ONE_ROW)


def test_a_composite_key_is_null_in_part_where_that_satisfies_it(connection: Connection) -> None:
    tables = "CREATE TABLE a (x int, y int, PRIMARY KEY (x, y)); CREATE TABLE t (x int, y int, FOREIGN KEY (x, y)"
    forests = accepted(connection, f"{tables} REFERENCES a)")
    nulls = {tuple(value is None for value in row.values()) for row in of(forests)}
    assert nulls == {(False, False), (False, True), (True, False), (True, True)}


def test_a_composite_key_that_must_match_in_full_is_null_as_a_whole(connection: Connection) -> None:
    tables = "CREATE TABLE a (x int, y int, PRIMARY KEY (x, y)); CREATE TABLE t (x int, y int, FOREIGN KEY (x, y)"
    forests = accepted(connection, f"{tables} REFERENCES a MATCH FULL)")
    nulls = {tuple(value is None for value in row.values()) for row in of(forests)}
    assert nulls == {(False, False), (True, True)}


def test_a_unique_column_that_takes_null_is_null_in_several_rows(connection: Connection) -> None:
    forests = accepted(connection, "CREATE TABLE t (a int UNIQUE)")
    assert max(sum(row["a"] is None for row in rows["public", "t"]) for rows in forests) > 1


def test_the_same_name_occurs_under_several_parents(connection: Connection) -> None:
    forests = accepted(
        connection,
        "CREATE TABLE a (id int PRIMARY KEY);"
        " CREATE TABLE t (a int NOT NULL REFERENCES a, n text NOT NULL, UNIQUE (a, n))",
    )
    assert any(len({row["n"] for row in rows["public", "t"]}) < len(rows["public", "t"]) for rows in forests)


def test_null_is_often_wherever_it_is_allowed(connection: Connection) -> None:
    rows = of(accepted(connection, "CREATE TABLE t (a text)"))
    assert sum(row["a"] is None for row in rows) > len(rows) / 10  # 19% measured; one template in 28 without weighting
