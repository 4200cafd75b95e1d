"""What diff() leaves out, draws together and tells as a name that PostgreSQL chose."""

import pytest

from schemaproof.catalog import Catalog, Identity, diff
from tests.schemaproof.catalog.conftest import Change, Connection

_UNNAMED = "CREATE TABLE t (id int PRIMARY KEY, a int UNIQUE, b int CHECK (b > 0), c int REFERENCES t)"


@pytest.mark.parametrize(
    ("setup", "statements"),
    [
        ("CREATE TABLE t (a int, x int, b int); ALTER TABLE t DROP x", "DROP TABLE t; CREATE TABLE t (a int, b int)"),
        ("CREATE TABLE t (a int); CREATE INDEX i ON t (a)", "DROP INDEX i; CREATE INDEX i ON t (a)"),
        (_UNNAMED, "INSERT INTO t SELECT n, n, n, n FROM generate_series(1, 1000) n; ANALYZE t; REINDEX TABLE t"),
        ("CREATE SEQUENCE s", "SELECT nextval('s')"),
        (
            "CREATE SEQUENCE s; CREATE TABLE t (a int DEFAULT nextval('s'))",
            "ALTER TABLE t ALTER a SET DEFAULT nextval('public.s')",
        ),
        ("CREATE TABLE t (a text)", "ALTER TABLE t ALTER a TYPE text"),
        ("CREATE TABLE t (a numeric(10, 2))", "ALTER TABLE t ALTER a TYPE decimal(10, 2)"),
        (
            "CREATE TABLE t (a int CHECK (a IN (1, 2)))",
            "ALTER TABLE t DROP CONSTRAINT t_a_check, ADD CHECK (a IN (1,2))",
        ),
        ("", "CREATE TEMPORARY TABLE x (a int); CREATE TEMPORARY VIEW y AS SELECT 1"),
        ("", "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)"),
    ],
)
def test_what_is_no_difference_is_not_told(setup: str, statements: str, change: Change) -> None:
    assert diff(*change(setup, statements)) == []


@pytest.mark.parametrize(
    ("setup", "statements", "expected"),
    [
        (
            _UNNAMED,
            "ALTER TABLE t RENAME CONSTRAINT t_pkey TO pk_t",
            ["constraint public.t.t_pkey: name was t_pkey, is pk_t"],
        ),
        (
            _UNNAMED,
            "ALTER TABLE t RENAME CONSTRAINT t_c_fkey TO fk; ALTER TABLE t RENAME CONSTRAINT t_b_check TO ck",
            [
                "constraint public.t.t_b_check: name was t_b_check, is ck",
                "constraint public.t.t_c_fkey: name was t_c_fkey, is fk",
            ],
        ),
        (
            _UNNAMED,
            "ALTER TABLE t RENAME CONSTRAINT t_a_key TO t_a_key1",
            ["constraint public.t.t_a_key: name was t_a_key, is t_a_key1"],
        ),
        (
            "CREATE TABLE t (id serial)",
            'ALTER SEQUENCE t_id_seq RENAME TO "Old\'s_id_seq"',
            ["sequence public.t_id_seq: name was t_id_seq, is Old's_id_seq"],
        ),
        (
            "CREATE TABLE t (a int, b text); CREATE INDEX ON t (a, lower(b))",
            "ALTER INDEX t_a_lower_idx RENAME TO ix",
            ["index public.t_a_lower_idx: name was t_a_lower_idx, is ix"],
        ),
        (
            "CREATE TABLE t (a int, b int); CREATE STATISTICS t_a_b_stat ON a, b FROM t",
            "ALTER STATISTICS t_a_b_stat RENAME TO st",
            ["statistics public.t_a_b_stat: name was t_a_b_stat, is st"],
        ),
        (
            "CREATE DOMAIN d AS int CHECK (value > 0)",
            "ALTER DOMAIN d RENAME CONSTRAINT d_check TO c",
            ["constraint public.d.d_check: name was d_check, is c"],
        ),
        (
            "CREATE TABLE t (a int4range, EXCLUDE USING gist (a WITH &&))",
            "ALTER TABLE t RENAME CONSTRAINT t_a_excl TO x",
            ["constraint public.t.t_a_excl: name was t_a_excl, is x"],
        ),
    ],
)
def test_a_name_that_postgresql_chose_is_told_as_such(
    setup: str, statements: str, expected: list[str], change: Change
) -> None:
    differences = diff(*change(setup, statements))
    assert [str(one) for one in differences] == expected
    assert all(one.generated_name for one in differences)


@pytest.mark.parametrize(
    ("setup", "statements", "expected"),
    [
        (
            "CREATE TABLE t (a int, CONSTRAINT one UNIQUE (a))",
            "ALTER TABLE t RENAME CONSTRAINT one TO two",
            ["constraint public.t.one: is missing", "constraint public.t.two: is extra"],
        ),
        (
            "CREATE TABLE t (a int UNIQUE)",
            "ALTER TABLE t DROP CONSTRAINT t_a_key; ALTER TABLE t ADD CONSTRAINT k UNIQUE (a) DEFERRABLE",
            ["constraint public.t.k: is extra", "constraint public.t.t_a_key: is missing"],
        ),
    ],
)
def test_another_name_is_another_object(setup: str, statements: str, expected: list[str], change: Change) -> None:
    assert [str(one) for one in diff(*change(setup, statements))] == expected


def test_two_constraints_alike_are_paired_one_to_one(change: Change) -> None:
    setup = "CREATE TABLE t (a int UNIQUE); ALTER TABLE t ADD UNIQUE (a); ALTER TABLE t ADD UNIQUE (a)"
    differences = diff(*change(setup, "ALTER TABLE t DROP CONSTRAINT t_a_key"))
    assert [str(one) for one in differences] == ["constraint public.t.t_a_key: is missing"]


@pytest.mark.parametrize(
    "create",
    [
        "CREATE TABLE o (id serial PRIMARY KEY, a int UNIQUE CHECK (a > 0)); CREATE INDEX ON o (a);"
        " CREATE POLICY p ON o; CREATE STATISTICS st ON id, a FROM o; CREATE RULE r AS ON DELETE TO o DO NOTHING;"
        " COMMENT ON COLUMN o.a IS 'c'",
        'CREATE TABLE "O.o" ("I""i" serial PRIMARY KEY)',
        "CREATE MATERIALIZED VIEW o AS SELECT 1 AS a; CREATE INDEX ON o (a)",
        "CREATE DOMAIN o AS int NOT NULL CHECK (value > 0)",
        "CREATE TABLE t (a serial)",
    ],
)
def test_what_lies_in_an_object_goes_without_saying(create: str, change: Change) -> None:
    created = diff(*change("", create))
    assert [one.kind for one in created] == ["extra"]


def test_what_lies_in_an_object_of_another_kind_is_told_by_that(change: Change) -> None:
    before, after = change("CREATE TABLE x (id serial PRIMARY KEY)", "DROP TABLE x; CREATE VIEW x AS SELECT 1 AS id")
    assert [str(one) for one in diff(before, after)] == ["table public.x: is missing", "view public.x: is extra"]


def test_a_moved_column_is_told_alone(change: Change) -> None:
    before, after = change(
        "CREATE TABLE t (a int, b int, c int, d int)", "ALTER TABLE t DROP b; ALTER TABLE t ADD b int"
    )
    assert [(one.attribute, one.before, one.after) for one in diff(before, after)] == [("position", 2, 4)]


def test_a_difference_has_its_values(change: Change) -> None:
    before, after = change("CREATE TABLE t (a int)", "ALTER TABLE t ALTER a SET NOT NULL")
    (one,) = diff(before, after)
    assert (one.identity, one.kind, one.attribute, one.before, one.after) == (
        Identity("column", "public", "t", "a"),
        "changed",
        "not null",
        False,
        True,
    )


def test_diff_turned_round_tells_the_opposite(change: Change) -> None:
    before, after = change("CREATE TABLE t (a int)", "DROP TABLE t; CREATE TABLE u (a int)")
    assert [str(one) for one in diff(after, before)] == ["table public.t: is extra", "table public.u: is missing"]


def test_a_catalog_that_is_like_another_equals_it(connection: Connection) -> None:
    connection.execute("CREATE TABLE t (a int)")
    before = Catalog.read(connection)
    connection.execute("DROP TABLE t; CREATE TABLE t (a int)")
    assert Catalog.read(connection) == before
