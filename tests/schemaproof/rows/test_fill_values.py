"""Values of all types, and those that constraints accept; the server is the oracle."""

import pytest

from schemaproof.rows import fill
from tests.schemaproof.rows.conftest import Connection, Held, assert_filled, refusal, run

_TYPES = """
smallint; integer; bigint; oid; real; double precision; numeric; numeric(3,1); numeric(1,0); numeric(2,2); money
text; varchar; varchar(3); varchar(40); char(2); char; "char"; name; bytea; uuid; json; xml; jsonpath
date; time; time(0) with time zone; timestamp; timestamptz(3); interval; interval year; interval hour to second(0)
boolean; jsonb; inet; cidr; macaddr; macaddr8; bit; bit(5); varbit(3); varbit; tsvector; tsquery; pg_lsn; regclass
int4range; numrange; daterange; tstzrange; int8multirange; tstzmultirange; point; box; path; polygon; circle; line; lseg
integer[]; text[][]; varchar(3)[]; numeric(3,1)[]; "S p"."En,u'm"; "S p"."En,u'm"[]; "S p".domain; "S p".domain[]
"S p".pair; "S p".pair[]; "S p".own_range; box[]; tid; xid8; txid_snapshot; pg_snapshot; int2vector
"""
TYPES = [name.strip() for line in _TYPES.split("\n") for name in line.split(";") if name.strip()]
_OWN_TYPES = """
CREATE SCHEMA "S p";
CREATE TYPE "S p"."En,u'm" AS ENUM ('it''s', '"a, b"', 'c\\d');
CREATE DOMAIN "S p".domain AS varchar(4) CHECK (value <> '');
CREATE TYPE "S p".pair AS ("A" "S p"."En,u'm", b numeric(3,1)[], c date);
CREATE TYPE "S p".own_range AS RANGE (subtype = float8);
"""
# Not the form of one another, so they tell themselves apart as text only.
_FEWER_THAN_THREE = {"boolean", "bit"}


@pytest.mark.parametrize("name", TYPES)
def test_a_column_of_any_usual_type_gets_values_that_differ(name: str, connection: Connection) -> None:
    run(connection, f"{_OWN_TYPES}; CREATE TABLE t (a {name} NOT NULL)")
    assert_filled(fill(connection), "public.t")
    (found,) = connection.execute("SELECT array_agg(a::text) FROM t").fetchone() or ([],)
    assert len(found) == 3
    assert len(set(found)) == (2 if name in _FEWER_THAN_THREE else 3)


@pytest.mark.parametrize(("extension", "name"), [("hstore", "hstore"), ("citext", "citext"), ("ltree", "ltree")])
def test_a_column_of_an_extension_s_type_gets_values(extension: str, name: str, connection: Connection) -> None:
    if not connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = %s", [extension]).fetchone():
        pytest.skip(f"the server does not have {extension}")
    run(connection, f"CREATE EXTENSION {extension}; CREATE TABLE t (a {name} NOT NULL)")
    assert_filled(fill(connection), "public.t")


@pytest.mark.parametrize(
    "settings",
    [
        "SET DateStyle = 'German'; SET IntervalStyle = 'sql_standard'; SET TimeZone = 'Asia/Tokyo'",
        "SET xmloption = 'document'",
    ],
)
def test_values_do_not_depend_on_settings(settings: str, connection: Connection) -> None:
    columns = "(a date, b timestamptz, c interval, d text NOT NULL CHECK (d = 'x\\y'), e float8, f xml)"
    run(connection, f"CREATE TABLE t {columns}; CREATE TABLE u {columns}")
    fill(connection, tables=[("public", "u")])
    run(connection, settings)
    assert_filled(fill(connection), "public.t")
    run(connection, "RESET ALL")
    texts = "SELECT array_agg(x::text ORDER BY x::text) FROM {} x"
    assert (
        connection.execute(texts.format("t").encode()).fetchone()
        == connection.execute(texts.format("u").encode()).fetchone()
    )


@pytest.mark.parametrize(
    ("partition", "bounds"),
    [
        ("LIST (a)", "FOR VALUES IN ('x', 'it''s')"),
        ("RANGE (d)", "FOR VALUES FROM ('2024-01-01') TO ('2024-02-01')"),
        ("RANGE (d, a)", "FOR VALUES FROM ('2024-01-01', 'b') TO ('2024-02-01', 'c')"),
        ("HASH (a)", "FOR VALUES WITH (modulus 3, remainder 0)"),
        ("RANGE (d)", "FOR VALUES FROM ('1999-01-01') TO ('1999-02-01') PARTITION BY LIST (a)"),
        ("LIST (a)", "DEFAULT"),
    ],
)
def test_rows_of_a_partitioned_table_are_those_that_a_partition_takes(
    partition: str, bounds: str, connection: Connection
) -> None:
    run(connection, f"CREATE TABLE t (a text NOT NULL, d date NOT NULL) PARTITION BY {partition}")
    run(connection, f"CREATE TABLE part PARTITION OF t {bounds}")
    if "LIST (a)" in bounds:
        run(connection, "CREATE TABLE deep PARTITION OF part FOR VALUES IN ('deep')")
    assert_filled(fill(connection), "public.t")


def test_a_partitioned_table_without_partitions_is_refused(connection: Connection) -> None:
    assert "no partition" in refusal(connection, "CREATE TABLE t (a int) PARTITION BY LIST (a)")


@pytest.mark.parametrize(
    "columns",
    [
        "a text NOT NULL CHECK (a IN ('it''s', 'b\\c'))",
        "a varchar(9) NOT NULL CHECK (a IN ('x', 'y')), b text NOT NULL CHECK (b = 'z')",
        "a int NOT NULL CHECK (a > 50)",
        "a int NOT NULL CHECK (a < -5)",
        "a numeric(5,2) NOT NULL CHECK (a BETWEEN 0.5 AND 0.75)",
        "a text NOT NULL CHECK (char_length(a) BETWEEN 20 AND 30)",
        "a text NOT NULL CHECK (a LIKE 'x-%')",
        "a text NOT NULL CHECK (a ~ '^[a-z]+$')",
        "a text NOT NULL CHECK (a ~ '^[^@]+@[^@]+\\.[a-z]+$')",
        "a jsonb NOT NULL CHECK (jsonb_typeof(a) = 'array')",
        "a jsonb NOT NULL CHECK (a ? 'url' AND a ? 'name')",
        "a date NOT NULL, b date NOT NULL, CHECK (a < b)",
        "a timestamptz NOT NULL CHECK (a > '2020-01-01 00:00:00+00')",
        "a timestamptz NOT NULL CHECK (a > now())",
        "a int, b int, CHECK (num_nonnulls(a, b) = 1)",
        "a text NOT NULL, b int, CHECK ((a = 'done') = (b IS NOT NULL)), CHECK (a IN ('done', 'open'))",
        "a bool NOT NULL CHECK (a), b bool NOT NULL CHECK (NOT b)",
        "a text[] NOT NULL CHECK (a <@ ARRAY['x', 'y'])",
        "a positive NOT NULL",
        "a text CHECK (a IS NULL)",
        "a text CHECK (a IS NOT NULL)",
        "a int NOT NULL CHECK (a = 1) UNIQUE",
        "a bool NOT NULL UNIQUE",
        "a text NOT NULL DEFAULT 'x' UNIQUE",
        "a int NOT NULL DEFAULT 1, b int NOT NULL CHECK (b <> a + 1), EXCLUDE (a WITH =, b WITH =)",
        "a tstzrange NOT NULL, EXCLUDE USING gist (a WITH &&)",
    ],
)
def test_a_table_with_constraints_gets_rows_that_satisfy_them(columns: str, connection: Connection, held: Held) -> None:
    run(connection, f"CREATE DOMAIN positive AS int CHECK (value > 30); CREATE TABLE t ({columns})")
    assert_filled(fill(connection), "public.t")
    assert held()


def test_a_listed_value_is_another_one_in_each_row(connection: Connection, held: Held) -> None:
    run(connection, "CREATE TABLE t (a text NOT NULL CHECK (a IN ('x', 'y', 'z')))")
    fill(connection)
    assert held() == [("x",), ("y",), ("z",)]


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        ("CREATE TABLE t (a int NOT NULL CONSTRAINT odd CHECK (a * a = 1522756))", '"odd"'),
        ("CREATE TABLE t (a int NOT NULL, CONSTRAINT never CHECK (false))", '"never"'),
        ("CREATE TYPE e AS ENUM (); CREATE TABLE t (a e NOT NULL)", 'column "a" of type e'),
        ("CREATE TABLE t (a pg_ndistinct NOT NULL)", 'column "a" of type pg_ndistinct'),
        ("CREATE TABLE t (a int); CREATE RULE r AS ON INSERT TO t DO INSTEAD NOTHING", "rules"),
    ],
)
def test_a_table_that_accepts_no_row_is_refused_with_the_reason(
    statements: str, reason: str, connection: Connection
) -> None:
    assert reason in refusal(connection, statements)


@pytest.mark.parametrize(
    ("moment", "body", "reason"),
    [
        ("BEFORE", "RAISE 'not in here'", "not in here"),
        ("BEFORE", "RETURN NULL", "triggers"),
        ("AFTER", "DELETE FROM t; RETURN NULL", "triggers"),
    ],
)
def test_a_table_whose_trigger_lets_no_row_in_is_refused(
    moment: str, body: str, reason: str, connection: Connection
) -> None:
    trigger = f"CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {body}; END$$; CREATE TABLE t (a int);"
    trigger += f" CREATE TRIGGER g {moment} INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()"
    assert reason in refusal(connection, trigger)


def test_a_column_of_an_unknown_type_is_null_where_it_can_be(connection: Connection, held: Held) -> None:
    run(connection, "CREATE TABLE t (a pg_ndistinct, b int NOT NULL)")
    fill(connection)
    assert held()[0] == (None, 1)


@pytest.mark.parametrize("kind", ["serial", "int DEFAULT nextval('n')", "int GENERATED ALWAYS AS IDENTITY"])
def test_the_first_numbers_of_a_key_s_sequence_are_left_to_others(kind: str, connection: Connection) -> None:
    """A migration that inserts row 1 by itself, or the next one, must not collide with what is filled in."""
    run(connection, f"CREATE SEQUENCE n; CREATE TABLE t (id {kind} PRIMARY KEY)")
    assert_filled(fill(connection), "public.t")
    connection.execute("INSERT INTO t DEFAULT VALUES")
    ids = [one for (one,) in connection.execute("SELECT id FROM t ORDER BY id").fetchall()]
    assert ids[0] == 1
    assert ids[1] > 1000
