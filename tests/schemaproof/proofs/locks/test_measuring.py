"""A revision on few rows and on many."""

from pathlib import Path
from typing import Any

import pytest

from schemaproof.finding import Finding, Severity
from schemaproof.migration.environment import Run
from schemaproof.migration.history import History, open_history
from schemaproof.migration.populated import PopulatedStates
from schemaproof.postgres import Database, Server
from schemaproof.proofs.locks.blocked import READS_BLOCKED, WRITES_BLOCKED, measured
from schemaproof.proofs.locks.measuring import Locks
from tests.schemaproof.conftest import Databases
from tests.schemaproof.projects import Step, make_project, table
from tests.schemaproof.proofs.locks.projects import ORDERS, python_project

ADD = Step("ALTER TABLE orders ADD COLUMN a int", "ALTER TABLE orders DROP COLUMN a")
FILL = Step("UPDATE orders SET a = total")
NOTES = Step("CREATE TABLE notes (id int PRIMARY KEY, line text)")
FILL_HIDDEN = """
    op.execute("ALTER TABLE notes ADD COLUMN hidden bool")
    op.execute("UPDATE notes SET hidden = true WHERE line LIKE 'no row%'")
"""
NOT_NULL = Step("ALTER TABLE orders ALTER total SET NOT NULL", "ALTER TABLE orders ALTER total DROP NOT NULL")


def findings(folder: Path, server: Server, steps: list[Step], options: str = "{}") -> list[Finding]:
    """What is found in the revisions above the first one, which makes the tables and blocks nobody."""
    with open_history(make_project(folder, steps, options=options), server) as history:
        return above_the_first(history)


def above_the_first(history: History) -> list[Finding]:
    return [
        finding
        for script in history.revisions[1:]
        for check in (READS_BLOCKED, WRITES_BLOCKED)
        for finding in check.examine(history, script.revision)
    ]


def test_finding_tells_statement_work_and_the_way_round_it(tmp_path: Path, postgres_server: Server) -> None:
    filled = Step("UPDATE orders SET total = 0 WHERE total IS NULL")
    (found,) = findings(tmp_path, postgres_server, [ORDERS, filled, NOT_NULL], '{"transaction_per_migration": True}')
    assert found.severity is Severity.WARNING
    assert (found.revision, found.object) == ("0003", "table public.orders")
    assert (
        "nobody can read or write public.orders while its 2,001 rows are searched for NULLs in total" in found.message
    )
    assert "ALTER TABLE orders ALTER total SET NOT NULL" in found.evidence
    assert "2,001 read" in found.evidence
    assert 'op.execute("ALTER TABLE orders VALIDATE CONSTRAINT orders_total_not_null")' in found.remedy
    assert 'op.alter_column("orders", "total", nullable=False)' in found.remedy


def test_column_is_filled_after_the_revision_that_adds_it_where_no_generated_row_was_one_to_fill(
    tmp_path: Path, postgres_server: Server
) -> None:
    subject = python_project(tmp_path, FILL_HIDDEN, before=(NOTES,))
    with open_history(subject, postgres_server) as history:
        (found,) = above_the_first(history)
    assert "UPDATE notes SET hidden = true WHERE line LIKE 'no row%' " in found.evidence
    assert found.remedy.startswith("Fill the rows of public.notes in a revision of its own, after the one that locks")


def test_downgrade_is_a_note(tmp_path: Path, postgres_server: Server) -> None:
    dropped = Step("DROP INDEX ix", "CREATE INDEX ix ON orders (total)")
    index = Step("CREATE TABLE orders (id int PRIMARY KEY, total int); CREATE INDEX ix ON orders (total)")
    (found,) = findings(tmp_path, postgres_server, [index, dropped])
    assert (found.check, found.severity) == ("writes-blocked", Severity.NOTE)
    assert "the downgrade of 0002" in found.message


def test_revisions_in_one_transaction_keep_the_locks_of_those_before(tmp_path: Path, postgres_server: Server) -> None:
    """Who begins above the first of them, as a process does that climbs the second half, has tables of other oids."""
    with open_history(make_project(tmp_path, [ORDERS, ADD, FILL]), postgres_server) as history:
        (begun_above,) = READS_BLOCKED.examine(history, "0003")
        history.abandon()
        history.look_again()
        (found,) = above_the_first(history)
    assert found.revision == "0003"
    assert "0002 has locked it, in the same transaction" in found.message
    assert "transaction_per_migration=True" in found.remedy
    assert begun_above.message == found.message


def test_revisions_in_transactions_of_their_own_give_them_back(tmp_path: Path, postgres_server: Server) -> None:
    assert not findings(tmp_path, postgres_server, [ORDERS, ADD, FILL], '{"transaction_per_migration": True}')


def test_run_that_is_measured_leads_to_the_next_state(
    tmp_path: Path, postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a revision that blocks nobody is run once in each direction, for the other areas too."""
    runs: list[tuple[int, str]] = []
    run = PopulatedStates.run

    def counted(states: PopulatedStates, database: Database, index: int, *how: Any, **more: Any) -> Run:
        runs.append((index, how[0] if how else "upgrade"))
        return run(states, database, index, *how, **more)

    monkeypatch.setattr(PopulatedStates, "run", counted)
    with open_history(make_project(tmp_path, [ORDERS, table("t"), table("u")]), postgres_server) as history:
        assert not above_the_first(history)
        assert history.kept(PopulatedStates).knows(3)
        history.kept(PopulatedStates).at(3)
    assert runs == [(1, "upgrade"), (1, "downgrade"), (2, "upgrade"), (2, "downgrade")]


def test_downgrade_is_measured_on_the_rows_that_the_upgrade_was_run_on(tmp_path: Path, postgres_server: Server) -> None:
    """Not on those that the next revision gets besides, which may make it fail."""
    none = Step("CREATE TABLE few (n int NOT NULL); CREATE TABLE orders (n int)", "DROP TABLE few; DROP TABLE orders")
    picky = Step(
        "CREATE TABLE t (n int)", "INSERT INTO few SELECT NULL FROM t; CREATE INDEX ON orders (n); DROP TABLE t"
    )
    (found,) = findings(tmp_path, postgres_server, [none, picky])
    assert (found.check, found.severity) == ("writes-blocked", Severity.NOTE)
    assert "the downgrade of 0002" in found.message


def test_table_that_takes_no_rows_is_told(tmp_path: Path, postgres_server: Server) -> None:
    impossible = Step("CREATE TABLE orders (total int CHECK (false))", "DROP TABLE orders")
    (found,) = findings(tmp_path, postgres_server, [impossible, ADD, Step("CREATE INDEX ON orders (a)")])[:1]
    assert found.severity is Severity.NOTE
    assert "no more rows could be put there" in found.message
    assert 'small-tables = ["public.orders"]' in found.remedy


def test_table_of_which_there_is_no_other_row_is_told(tmp_path: Path, postgres_server: Server) -> None:
    single = Step(
        "CREATE TABLE orders (id bool PRIMARY KEY CHECK (id), total int); INSERT INTO orders VALUES (true, 1)",
        "DROP TABLE orders",
    )
    (found,) = findings(tmp_path, postgres_server, [single, NOT_NULL])
    assert found.severity is Severity.NOTE
    assert "public.orders: there are no more values for its unique columns (id)" in found.evidence


def test_run_that_fails_on_many_rows_is_told(tmp_path: Path, postgres_server: Server) -> None:
    picky = Step("""
        ALTER TABLE orders ADD COLUMN a int;
        DO $$ BEGIN IF (SELECT count(*) FROM orders) > 100 THEN RAISE 'too many'; END IF; END $$
    """)
    (found,) = findings(tmp_path, postgres_server, [ORDERS, picky])
    assert found.severity is Severity.NOTE
    assert "too many" in found.evidence


def test_table_of_the_revision_itself_is_nobodys_in_a_later_transaction_of_it(
    tmp_path: Path, postgres_server: Server
) -> None:
    upgrade = """
        op.execute("CREATE TABLE fresh AS SELECT n FROM generate_series(1, 3000) n")
        with op.get_context().autocommit_block():
            op.execute("CREATE INDEX ON fresh (n)")
        op.execute("ALTER TABLE fresh ALTER n TYPE bigint")
    """
    with open_history(python_project(tmp_path, upgrade), postgres_server) as history:
        assert not history.kept(Locks).of(1)["upgrade"].holds


def test_rows_that_are_written_one_by_one_are_work_all_the_same(tmp_path: Path, postgres_server: Server) -> None:
    upgrade = """
        op.execute("LOCK TABLE orders")
        for (number,) in op.get_bind().exec_driver_sql("SELECT id FROM orders ORDER BY id LIMIT 500").all():
            op.execute(f"UPDATE orders SET total = 1 WHERE id = {number}")
    """
    with open_history(python_project(tmp_path, upgrade), postgres_server) as history:
        (hold,) = history.kept(Locks).of(1)["upgrade"].holds
    assert [(one.statement.split()[0], one.times) for one in hold.growing] == [("SELECT", 1), ("UPDATE", 500)]


def test_databases_are_dropped(tmp_path: Path, own_server: Server, databases: Databases) -> None:
    with open_history(make_project(tmp_path, [ORDERS, NOT_NULL]), own_server) as history:
        assert history.kept(Locks).of(1)["upgrade"].holds
    assert not databases()


def test_nothing_is_measured_where_only_one_database_may_hold_revisions(
    tmp_path: Path, postgres_server: Server
) -> None:
    """It takes two: what is known is that nothing was measured, as a note says."""
    with open_history(make_project(tmp_path, [ORDERS, NOT_NULL]), postgres_server, alone=True) as history:
        first, above = (script.revision for script in history.revisions)
        (note,) = READS_BLOCKED.examine(history, first)
        assert (note.severity, note.message.partition(":")[0]) == (Severity.NOTE, "No locks were measured")
        assert measured(history, first) == measured(history, above) == {}


LOCKING = {
    "a name that is put together": """
        name = "or" + "ders"
        op.execute(f"ALTER TABLE {name} ADD CONSTRAINT positive CHECK (total >= 0)")
        """,
    "a table that others name before": """
        op.execute("CREATE TABLE more (id int REFERENCES orders)")
        op.execute("ALTER TABLE orders ADD COLUMN a int; UPDATE orders SET a = 1")
        """,
    "what a function sends": """
        def add(name):
            run(f"ALTER TABLE {name} ADD CONSTRAINT positive CHECK (total >= 0)")
        run = op.execute
        add("orders")
        """,
}


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
@pytest.mark.parametrize("upgrade", LOCKING.values(), ids=LOCKING)
def test_finding_stands_at_the_line_that_sent_what_takes_the_lock(
    upgrade: str, driver: str, tmp_path: Path, postgres_server: Server
) -> None:
    subject = python_project(tmp_path, upgrade, driver=driver)
    with open_history(subject, postgres_server) as history:
        found = [one for one in above_the_first(history) if one.check == "reads-blocked"]
    lines = (tmp_path / "migrations" / "versions" / "0002.py").read_text().splitlines()
    (place,) = (one.where for one in found)
    assert place is not None
    assert place.file == "migrations/versions/0002.py"
    assert "ALTER TABLE" in lines[(place.line or 0) - 1]


def test_finding_on_a_helper_s_statement_stands_where_the_revision_calls_it(
    tmp_path: Path, postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper = "def add(op):\n    op.execute('ALTER TABLE orders ADD CONSTRAINT positive CHECK (total >= 0)')\n"
    (tmp_path / "helper_of_a_revision.py").write_text(helper)
    monkeypatch.syspath_prepend(tmp_path)
    subject = python_project(tmp_path, "import helper_of_a_revision\n\nhelper_of_a_revision.add(op)")
    with open_history(subject, postgres_server) as history:
        (found,) = above_the_first(history)
    lines = (tmp_path / "migrations" / "versions" / "0002.py").read_text().splitlines()
    assert found.where is not None
    assert "helper_of_a_revision.add(op)" in lines[(found.where.line or 0) - 1]


def test_finding_on_a_downgrade_stands_in_the_downgrade(tmp_path: Path, postgres_server: Server) -> None:
    dropped = Step("DROP INDEX ix", "CREATE INDEX ix ON orders (total)")
    index = Step("CREATE TABLE orders (id int PRIMARY KEY, total int); CREATE INDEX ix ON orders (total)")
    (found,) = findings(tmp_path, postgres_server, [index, dropped])
    lines = (tmp_path / "migrations" / "versions" / "0002.py").read_text().splitlines()
    assert found.where is not None
    assert lines[(found.where.line or 0) - 1].strip() == "op.execute('CREATE INDEX ix ON orders (total)')"


def test_finding_on_work_under_a_lower_revision_s_lock_stands_at_the_work(
    tmp_path: Path, postgres_server: Server
) -> None:
    (found,) = findings(tmp_path, postgres_server, [ORDERS, ADD, FILL])
    assert found.where is not None
    assert found.where.file == "migrations/versions/0003.py"
    lines = (tmp_path / "migrations" / "versions" / "0003.py").read_text().splitlines()
    assert "UPDATE orders SET a = total" in lines[(found.where.line or 0) - 1]


def test_unique_constraint_of_a_column_that_is_new_is_measured(tmp_path: Path, postgres_server: Server) -> None:
    setup = "CREATE TABLE secrets (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, owner int)"
    unique = Step(
        "ALTER TABLE secrets ADD COLUMN place text NOT NULL DEFAULT 'any';"
        " ALTER TABLE secrets ADD UNIQUE (name, place)",
        "ALTER TABLE secrets DROP COLUMN place",
    )
    (found,) = findings(tmp_path, postgres_server, [Step(setup, "DROP TABLE secrets"), unique])
    assert found.severity is Severity.WARNING
    assert "its 2,0" in found.message
    assert found.kind == "upgrade unique secrets_name_place_key"
