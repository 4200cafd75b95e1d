"""What is to be written instead of a statement that reads or writes rows under a lock."""

import psycopg
import pytest

from schemaproof.postgres import Database
from schemaproof.proofs.locks.changing import change_of
from schemaproof.proofs.locks.facts import Beside, Made
from schemaproof.proofs.locks.holds import Growing, Hold
from schemaproof.proofs.locks.joining import Joined
from schemaproof.proofs.locks.measuring import Measured
from schemaproof.proofs.locks.recipes import recipe
from schemaproof.proofs.locks.relations import Relation
from schemaproof.proofs.locks.telling import sentence
from schemaproof.proofs.locks.watch import Work
from tests.schemaproof.proofs.locks.following import follow, run

ORDERS = Relation(1, "public", "orders", "r", 1, ("public", "orders"))
ITEMS = Relation(2, "public", "items", "r", 2, ("public", "items"))


def of(work: Work, statement: str) -> str:
    """The recipe for ``statement``, which does ``work`` to items while orders is locked."""
    growing = Growing(statement, 1, "ACCESS EXCLUSIVE", {}, {ITEMS.oid: work})
    hold = Hold(ORDERS, "reads", "ALTER TABLE orders ADD COLUMN a int", "0002", [growing])
    return recipe(hold, {one.oid: one for one in (ORDERS, ITEMS)})


def test_statement_that_reads_is_run_before_the_lock_unless_it_needs_what_is_made_under_it() -> None:
    told = of(Work(read=2000), "SELECT id,\n  note FROM items")
    assert told == (
        "Run `SELECT id, note FROM items` before the statement that locks public.orders, if it needs nothing that the"
        " revision has made by then; else in a revision of its own after this one (transaction_per_migration=True in"
        " env.py)."
    )


def test_rows_that_are_written_are_filled_in_a_revision_after_the_lock() -> None:
    told = of(Work(written=2000), "UPDATE items SET note = ''")
    assert told.startswith("Fill the rows of public.items in a revision of its own, after the one that locks public.or")
    assert told.endswith('    op.execute("UPDATE items SET ... WHERE id BETWEEN ... AND ...")')


@pytest.mark.parametrize(
    ("statement", "first", "line"),
    [
        ("UPDATE items SET a = 1 WHERE false", "Fill the rows of public.items", "UPDATE items SET ... WHERE id"),
        ("DELETE FROM public.items WHERE false", "Delete the rows of public.items", "DELETE FROM items WHERE id"),
        ("INSERT INTO tags SELECT id FROM items", "Fill tags", "INSERT INTO tags SELECT ... FROM items WHERE id"),
        (
            "WITH some AS (SELECT id FROM items FOR UPDATE) INSERT INTO app.tags SELECT id FROM some",
            "Fill app.tags",
            "INSERT INTO app.tags SELECT ... FROM items WHERE id",
        ),
        (
            "MERGE INTO tags USING items ON false WHEN MATCHED THEN DELETE",
            "Merge the rows into tags",
            "MERGE INTO tags USING (SELECT ... FROM items WHERE id",
        ),
        (
            "LOCK items; -- and\nUPDATE items SET a = 1",
            "Fill the rows of public.items",
            "UPDATE items SET ... WHERE id",
        ),
    ],
)
def test_statement_that_changes_rows_does_so_later_also_where_it_found_none(
    statement: str, first: str, line: str
) -> None:
    """To run it before the lock would fail: it sets what the revision adds, or fills what it makes."""
    told = of(Work(read=2000), statement)
    assert told.startswith(f"{first} in a revision of its own, after the one that locks public.orders")
    assert f'    op.execute("{line} BETWEEN ... AND ...' in told


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT id FROM items FOR UPDATE",
        "SELECT 'UPDATE items SET a = 1'",
        "SELECT 1 -- DELETE FROM items",
        "WITH some AS (SELECT id FROM items FOR NO KEY UPDATE) SELECT id FROM some",
        "DO $$ BEGIN PERFORM 1; UPDATE items SET a = 1; END $$",
    ],
)
def test_statement_that_only_reads_or_whose_body_nobody_knows_changes_nothing(statement: str) -> None:
    assert change_of(statement) is None


def test_block_is_told_by_the_rows_that_it_wrote() -> None:
    assert "UPDATE items SET" in of(Work(written=2000), "DO $$ BEGIN PERFORM fill(); END $$")


def test_rows_that_are_read_and_then_written_are_filled_later() -> None:
    """It helps nobody to read them before the lock and to write them under it."""
    read = Growing("SELECT id FROM items", 1, "ACCESS EXCLUSIVE", {}, {ITEMS.oid: Work(read=2000)})
    written = Growing("UPDATE items SET a = 1 WHERE id = 1", 2000, "ACCESS EXCLUSIVE", {}, {ITEMS.oid: Work(1, 1)})
    hold = Hold(ORDERS, "reads", "ALTER TABLE orders ADD COLUMN a int", "0002", [read, written])
    assert recipe(hold, {one.oid: one for one in (ORDERS, ITEMS)}).startswith("Fill the rows of public.items")


@pytest.mark.parametrize("required", [True, False])
def test_column_that_is_filled_later_is_not_null_then_if_it_was_to_be(required: bool) -> None:
    made = Made("volatile", ITEMS.oid, "token", "uuid DEFAULT gen_random_uuid()", beside=Beside(required))
    growing = Growing("ALTER TABLE items ADD COLUMN token", 1, "ACCESS EXCLUSIVE", {}, {ITEMS.oid: Work(2000)}, [made])
    told = recipe(Hold(ITEMS, "reads", growing.statement, "0002", [growing]), {ITEMS.oid: ITEMS})
    assert ("CHECK (token IS NOT NULL) NOT VALID" in told) is required
    assert ('op.alter_column("items", "token", nullable=False)' in told) is required


@pytest.mark.parametrize(("more", "said"), [(1, ", and 1 more statement runs"), (2, ", and 2 more statements run")])
def test_statements_run_and_one_statement_runs(more: int, said: str) -> None:
    growing = [Growing("SELECT", 1, "ACCESS EXCLUSIVE", {}, {ITEMS.oid: Work(read=2000)})] * (more + 1)
    hold = Hold(ORDERS, "reads", "LOCK", "0002", growing)
    told = sentence(Joined(hold), Measured({ORDERS.oid: ORDERS, ITEMS.oid: ITEMS}))
    assert told.endswith(said)


def by_itself(statement: str) -> str:
    """The recipe for a statement that reads items under the lock that it takes."""
    growing = Growing(statement, 1, "ACCESS EXCLUSIVE", {}, {ITEMS.oid: Work(read=2000)})
    return recipe(Hold(ITEMS, "reads", statement, "0002", [growing]), {ITEMS.oid: ITEMS})


@pytest.mark.parametrize(
    ("statement", "line"),
    [
        ("REINDEX TABLE items", "REINDEX TABLE CONCURRENTLY items"),
        ("REINDEX (VERBOSE) INDEX\n app.ix", "REINDEX (VERBOSE) INDEX CONCURRENTLY app.ix"),
    ],
)
def test_indexes_are_rebuilt_concurrently_and_not_before_the_rebuild_locks(statement: str, line: str) -> None:
    assert by_itself(statement).endswith(f'with op.get_context().autocommit_block():\n    op.execute("{line}")')


@pytest.mark.parametrize("statement", ["DO $$ BEGIN PERFORM f(); END $$", "REINDEX TABLE items; SELECT f()"])
def test_statement_that_locks_and_reads_is_taken_apart(statement: str) -> None:
    told = by_itself(statement)
    assert told.startswith(f"Take `{statement}` apart: what locks public.items and what reads rows, each in a revision")


@pytest.mark.parametrize(
    ("definition", "columns", "line"),
    [
        (
            "CREATE INDEX ix ON public.items USING btree (a, b)",
            ("a", "b"),
            'op.create_index("ix", "items", ["a", "b"], ',
        ),
        (
            "CREATE INDEX ix ON public.items USING btree (a, lower(b))",
            ("a",),
            'op.execute("CREATE INDEX CONCURRENTLY ix ON items USING btree (a, lower(b))")',
        ),
        (
            "CREATE INDEX ix ON public.items USING gin (a) WHERE (b > 0)",
            ("a",),
            'op.execute("CREATE INDEX CONCURRENTLY ix ON items USING gin (a) WHERE (b > 0)")',
        ),
    ],
)
def test_index_is_built_as_it_is_with_its_expressions_and_its_condition(
    definition: str, columns: tuple[str, ...], line: str
) -> None:
    made = Made("index", ITEMS.oid, "ix", definition, columns)
    growing = Growing("CREATE INDEX ix ON items", 1, "SHARE", {}, {ITEMS.oid: Work(2000)}, [made])
    told = recipe(Hold(ITEMS, "writes", growing.statement, "0002", [growing]), {ITEMS.oid: ITEMS})
    assert line in told.splitlines()[-1]


def test_check_for_not_null_has_a_name_that_nothing_cuts_or_quotes_twice(empty_database: Database) -> None:
    """Its table may have one for another column that begins alike."""
    table, column = "T" + "t" * 50, "c" * 30
    run(f'CREATE TABLE "{table}" ({column}_1 int, {column}_2 int)', empty_database)
    relation = Relation(1, "public", table, "r", 1, ("public", table))
    for name in (f"{column}_1", f"{column}_2"):
        made = Made("not-null", 1, name, "integer")
        growing = Growing("ALTER TABLE", 1, "ACCESS EXCLUSIVE", {}, {1: Work(2000)}, [made])
        follow(recipe(Hold(relation, "reads", "ALTER TABLE", "0002", [growing]), {1: relation}), empty_database)
    with psycopg.connect(empty_database.dsn) as connection:
        query = "SELECT attnotnull FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
        assert connection.execute(query, [f'"{table}"']).fetchall() == [(True,), (True,)]
        assert connection.execute("SELECT FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0").fetchall() == []
