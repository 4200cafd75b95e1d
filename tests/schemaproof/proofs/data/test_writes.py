"""What statements name for writing, read without a server."""

import pytest

from schemaproof.proofs.data.writes import Write, writes


def found(statement: str, **functions: str) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(one.kind, one.table[1], one.columns) for one in writes([statement], functions).found]


def only(statement: str) -> Write:
    [one] = writes([statement], {}).found
    return one


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE ONLY public.users AS u SET name = lower(name), (a, b) = (SELECT 1, 2)", ("name", "a", "b")),
        ('UPDATE "Users" SET "Full Name" = \'where\'', ("Full Name",)),
        ("UPDATE users -- SET x = 1\n SET name = $$SET y = 2$$ WHERE id = 1", ("name",)),
    ],
)
def test_update_names_its_columns(statement: str, expected: tuple[str, ...]) -> None:
    assert only(statement).columns == expected


def test_statements_inside_of_others_count() -> None:
    assert found("WITH d AS (DELETE FROM t WHERE x RETURNING *) INSERT INTO a (b) SELECT b FROM d") == [
        ("delete", "t", ()),
        ("copied", "a", ("b",)),
    ]
    assert found("INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET b = excluded.b")[1:] == [
        ("update", "t", ("b",))
    ]
    assert found("MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET v = s.v") == [
        ("update", "t", ("v",))
    ]
    assert found("DO $$ BEGIN UPDATE t SET x = 1; END $$") == [("update", "t", ("x",))]
    assert found("SELECT fix()", fix="BEGIN TRUNCATE a, b; END") == [("truncate", "a", ()), ("truncate", "b", ())]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM t FOR UPDATE",
        "CREATE TRIGGER x BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES b ON UPDATE CASCADE ON DELETE CASCADE",
        "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ DELETE FROM t $$",
        "GRANT UPDATE, DELETE ON t TO someone",
    ],
)
def test_what_only_looks_like_a_change_of_rows_is_none(statement: str) -> None:
    assert [one for one in found(statement, f="DELETE FROM t") if one[0] != "trigger"] == []


def test_condition_is_told_from_none() -> None:
    assert not only("DELETE FROM t").chosen
    assert not only("DELETE FROM t WHERE true").chosen
    assert only("DELETE FROM t WHERE a = 1").chosen
    assert only("DELETE FROM t USING o WHERE t.a = o.a").chosen


def test_statement_put_together_at_run_time_may_name_anything() -> None:
    known = writes(["DO $$ BEGIN EXECUTE format('UPDATE %I SET a = 1', 't'); END $$"], {})
    assert known.sets({("public", "anything")}, {"a"})


def test_type_is_read_with_what_it_uses() -> None:
    one = only("ALTER TABLE t ALTER COLUMN price SET DATA TYPE numeric(10, 2) USING round(price, 2)")
    assert (one.kind, one.columns) == ("type", ("price",))
    assert "round" in [word.text for word in one.words]


@pytest.mark.parametrize(
    ("statement", "reaching", "alias"),
    [
        ("DELETE FROM a AS x USING b WHERE x.n = b.n RETURNING x.id", "a AS x, b WHERE x.n = b.n", "x"),
        ("DELETE FROM shop.a", "shop.a", "a"),
        (
            "UPDATE a SET n = b.n FROM b JOIN c USING (id) WHERE b.id = a.id",
            "a, b JOIN c USING (id) WHERE b.id = a.id",
            "a",
        ),
        ("UPDATE a SET n = 1", "a", "a"),
        ("WITH b AS (SELECT 1) DELETE FROM a USING b", "", "a"),
        ("UPDATE a SET n = 1 WHERE id = %(id)s", "", "a"),
        ("DO $$ DECLARE one int; BEGIN DELETE FROM a WHERE id = one; END $$", "", "a"),
    ],
)
def test_rows_that_a_statement_reaches_are_those_of_a_query(statement: str, reaching: str, alias: str) -> None:
    """But for one with names or values that stand nowhere else."""
    one = only(statement)
    assert (one.reaching, one.alias) == (reaching, alias)
