"""States of a database, and how they differ."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import psycopg
import pytest

from schemaproof.postgres import Database, Options, Server, Template, start_crashable
from schemaproof.proofs.failure.state import State, Watcher
from tests.schemaproof.processes import wait_until

VERSION_TABLE = ("public", "alembic_version")
type Session = Callable[[], psycopg.Connection]


@pytest.fixture
def database(postgres_server: Server) -> Iterator[Database]:
    """A database with a table ``t`` of three rows."""
    with postgres_server.create() as database:
        run(database, "CREATE TABLE t (a int, b text); INSERT INTO t VALUES (1, 'x'), (2, 'y'), (3, 'z')")
        yield database


@pytest.fixture
def watcher(database: Database) -> Iterator[Watcher]:
    with Watcher(database, VERSION_TABLE) as watcher:
        yield watcher


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A session of somebody else's."""
    with ExitStack() as stack:

        def connect() -> psycopg.Connection:
            return stack.enter_context(closing(psycopg.connect(database.dsn)))

        yield connect


def run(database: Database, statements: str) -> None:
    with psycopg.connect(database.dsn) as connection:
        connection.execute(statements)


def changed(watcher: Watcher, statements: str) -> list[str]:
    """How the state differs when another session has committed ``statements`` and ended."""
    before = watcher.read()
    run(watcher.database, statements)
    watcher.end_sessions()
    return before.differences(watcher.read(before), {})


def refreshed(watcher: Watcher, statements: str) -> tuple[State, State]:
    """The state after ``statements``, as read since the one before, and as read anew."""
    before = watcher.read()
    run(watcher.database, statements)
    watcher.end_sessions()
    return watcher.read(before), watcher.read()


def test_nothing_done_is_no_difference(watcher: Watcher) -> None:
    assert changed(watcher, "SELECT 1") == []


@pytest.mark.parametrize(
    ("statements", "told"),
    [
        ("INSERT INTO t VALUES (4, 'w')", "table public.t: 4 rows, not 3 (columns: a, b)"),
        ("UPDATE t SET b = 'w' WHERE a = 2", "table public.t: other rows (columns: b)"),
        ("DELETE FROM t WHERE a = 1", "table public.t: 2 rows, not 3 (columns: a, b)"),
        ("TRUNCATE t", "table public.t: 0 rows, not 3 (columns: a, b)"),
        ("UPDATE t SET b = CASE b WHEN 'x' THEN 'y' WHEN 'y' THEN 'x' ELSE b END", "table public.t: other rows"),
        ("INSERT INTO t VALUES (NULL, NULL)", "table public.t: 4 rows, not 3 (columns: a, b)"),
        ("ALTER TABLE t ADD c int", "column public.t.c: is extra"),
        ("ALTER TABLE t RENAME a TO c", "column public.t.a: is missing"),
        ("ALTER TABLE t DROP a", "column public.t.a: is missing"),
    ],
)
def test_changes_are_told(watcher: Watcher, statements: str, told: str) -> None:
    assert told in changed(watcher, statements)


def test_what_was_rolled_back_is_no_difference(watcher: Watcher, session: Session) -> None:
    before = watcher.read()
    other = session()
    other.execute("INSERT INTO t VALUES (4, 'w'); UPDATE t SET a = 0; DELETE FROM t; TRUNCATE t; DROP TABLE t")
    other.rollback()
    watcher.end_sessions()
    assert before.differences(watcher.read(before), {}) == []


def test_version_is_told(watcher: Watcher) -> None:
    assert changed(
        watcher, "CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('a')"
    ) == ["the version table records a, not no revision"]
    assert changed(watcher, "UPDATE alembic_version SET version_num = 'b'") == ["the version table records b, not a"]


def test_unstable_columns_are_ignored_and_stable_ones_are_not(watcher: Watcher) -> None:
    before = watcher.read()
    run(watcher.database, "UPDATE t SET a = a + 10, b = b || '!'")
    watcher.end_sessions()
    after = watcher.read(before)
    assert before.differences(after, {("public", "t"): {"a", "b"}}) == []
    assert before.differences(after, {("public", "t"): {"a"}}) == ["table public.t: other rows (columns: b)"]


def test_count_is_no_matter_of_unstable_columns(watcher: Watcher) -> None:
    before = watcher.read()
    run(watcher.database, "DELETE FROM t WHERE a = 1")
    watcher.end_sessions()
    assert before.differences(watcher.read(before), {("public", "t"): {"a", "b"}}) == ["table public.t: 2 rows, not 3"]


@pytest.mark.parametrize(
    ("make", "change", "told"),
    [
        (
            "CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)",
            "INSERT INTO p VALUES (1)",
            "table public.p1: 1 rows, not 0 (columns: a)",
        ),
        (
            "CREATE MATERIALIZED VIEW m AS SELECT count(*) FROM t",
            "DELETE FROM t; REFRESH MATERIALIZED VIEW m",
            "table public.m: other rows (columns: count)",
        ),
        ('CREATE TABLE "o\'d%s ""{}" ("%s" int, """" int)', 'INSERT INTO "o\'d%s ""{}" VALUES (1, 2)', "%s"),
        ('CREATE TABLE x ("schemaproof row" int, t int)', "INSERT INTO x VALUES (1, 2)", "schemaproof row, t"),
        ("CREATE SCHEMA s; CREATE TABLE s.t (t int)", "INSERT INTO s.t VALUES (1)", "table s.t: 1 rows"),
        (
            "CREATE TABLE parent (a int); CREATE TABLE child () INHERITS (parent)",
            "INSERT INTO child VALUES (1)",
            "child",
        ),
        ("CREATE TABLE none ()", "INSERT INTO none DEFAULT VALUES", "table public.none: 1 rows, not 0"),
        ("CREATE UNLOGGED TABLE u (a int)", "INSERT INTO u VALUES (1)", "table public.u: 1 rows"),
    ],
)
def test_rows_of_any_table_are_read(watcher: Watcher, make: str, change: str, told: str) -> None:
    run(watcher.database, make)
    found = changed(watcher, change)
    assert any(told in one for one in found)
    assert len(found) == (2 if "MATERIALIZED" in make else 1)


def test_values_that_change_places_are_other_rows_where_a_column_has_the_name_of_the_row(watcher: Watcher) -> None:
    run(watcher.database, 'CREATE TABLE x ("schemaproof row" int, b int); INSERT INTO x VALUES (1, 2), (3, 4)')
    assert changed(watcher, "UPDATE x SET b = 6 - b") == ["table public.x: other rows"]


ENUM = "CREATE TYPE e AS ENUM ('a', 'b')"


@pytest.mark.parametrize(
    ("column", "value", "change"),
    [
        ("e", "'a'", "ALTER TYPE e RENAME VALUE 'a' TO 'c'"),
        ("timestamp", "'2020-01-01'", "ALTER TABLE x ALTER a TYPE timestamptz"),
        ("int", "-1", "ALTER TABLE x ALTER a TYPE oid"),
        ("int", "1", "ALTER TABLE x RENAME TO y; ALTER TABLE t RENAME TO x"),
    ],
)
def test_rows_are_read_anew_where_they_read_otherwise_although_nobody_wrote(
    watcher: Watcher, column: str, value: str, change: str
) -> None:
    """The counts are as before. Once that let the rerun of such a revision look like another state."""
    run(watcher.database, f"{ENUM}; CREATE TABLE x (a {column}); INSERT INTO x VALUES ({value})")
    since, anew = refreshed(watcher, change)
    assert since.rows == anew.rows


def test_settings_of_the_database_do_not_decide_how_values_are_read(database: Database) -> None:
    """A revision may set its database's time zone, and a clone does not take that over."""
    run(database, "CREATE TABLE x (at timestamptz); INSERT INTO x VALUES ('2020-01-01')")
    with Watcher(database, VERSION_TABLE) as watcher:
        before = watcher.read()
    run(database, f"ALTER DATABASE \"{database.name}\" SET timezone = 'Europe/Berlin'")
    with Watcher(database, VERSION_TABLE) as watcher:
        assert watcher.read().rows == before.rows


@pytest.fixture
def _roles_stay(postgres_server: Server) -> Iterator[None]:
    """No other test makes or drops a role meanwhile: the server has them in common, and all of a catalog shows them."""
    with psycopg.connect(postgres_server.url.render_as_string(hide_password=False)) as connection:
        connection.execute("LOCK TABLE pg_authid IN SHARE MODE")
        yield


@pytest.mark.usefixtures("_roles_stay")
def test_clone_is_read_as_far_as_it_changed_since_its_template(database: Database) -> None:
    with Watcher(database, VERSION_TABLE) as watcher:
        before = watcher.read()
    with database.server.clone(Template(database.name)) as clone, Watcher(clone, VERSION_TABLE) as watcher:
        watcher.attach()
        same = watcher.read(before)
        assert before.differences(same, {}) == []
        assert same.rows["public", "t"] is before.rows["public", "t"]
        run(clone, "DELETE FROM t")
        watcher.end_sessions()
        assert before.differences(watcher.read(before), {}) == ["table public.t: 0 rows, not 3 (columns: a, b)"]


def test_what_the_watcher_itself_wrote_is_seen_after_a_flush(watcher: Watcher) -> None:
    before = watcher.read()
    watcher.connection.execute("DELETE FROM t")
    watcher.flush()
    assert watcher.read(before).rows["public", "t"].count == 0


def test_rows_of_unlogged_tables_do_not_outlive_a_crash(watcher: Watcher) -> None:
    run(watcher.database, "CREATE UNLOGGED TABLE u (a int)")
    assert {name for _, name in watcher.read().after_crash().rows} == {"t"}


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("SELECT 7", "is idle in transaction (SELECT 7)"),
        ("LOCK TABLE t", "and holds"),
        ("SELECT pg_advisory_lock(1); COMMIT", "and holds 1 locks"),
    ],
)
def test_session_that_holds_something_is_busy(watcher: Watcher, session: Session, statement: str, told: str) -> None:
    other = session()
    other.execute(statement)
    (found,) = watcher.busy(0)
    assert told in found
    assert watcher.busy(0, [other.info.backend_pid]) == []


def test_idle_session_is_not_busy(watcher: Watcher, session: Session) -> None:
    session().commit()
    assert watcher.busy(0) == []


def test_busy_waits_for_what_is_ending(watcher: Watcher, session: Session) -> None:
    other = session()
    other.execute("SELECT 1")
    assert watcher.busy(0) != []
    other.close()
    assert watcher.busy(5) == []


def test_ended_sessions_are_gone(watcher: Watcher, session: Session) -> None:
    others = [session() for _ in range(5)]
    for other in others:
        other.execute("SELECT 1")
    watcher.end_sessions([others[0].info.backend_pid])
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"
    )
    assert watcher.connection.execute(query).fetchone() == (2,)


def test_terminated_session_is_gone(watcher: Watcher, session: Session) -> None:
    pid = session().info.backend_pid
    watcher.terminate(pid)
    assert not watcher.connection.execute("SELECT FROM pg_stat_activity WHERE pid = %s", [pid]).rowcount


def test_lock_timeout_is_that_of_new_sessions_meanwhile(watcher: Watcher, session: Session) -> None:
    with watcher.lock_timeout(123):
        during = session()
    assert [one.execute("SHOW lock_timeout").fetchone() for one in (during, session())] == [("123ms",), ("0",)]


def test_tables_are_all_but_the_version_table(watcher: Watcher) -> None:
    run(watcher.database, "CREATE TABLE alembic_version (v text); CREATE VIEW v AS SELECT 1; CREATE SEQUENCE q")
    assert watcher.tables() == [("public", "t")]


def test_prepared_transaction_is_busy() -> None:
    """A server's default takes none: so one of its own, with another setting from its restart on."""
    with start_crashable(Options(provider="embedded")) as crash:
        crash.server._administer("ALTER SYSTEM SET max_prepared_transactions = 1")
        crash.kill()
        crash.restart()
        with (
            crash.server.create() as database,
            Watcher(database, VERSION_TABLE) as watcher,
            psycopg.connect(database.dsn, autocommit=True) as session,
        ):
            session.execute("BEGIN")
            session.execute("CREATE TABLE p ()")
            session.execute("PREPARE TRANSACTION 'left'")
            wait_until(lambda: watcher.busy(0) == ["prepared transaction 'left'"])
            session.execute("ROLLBACK PREPARED 'left'")


def test_restarted_sequence_is_told(watcher: Watcher) -> None:
    """ALTER SEQUENCE RESTART is transactional, other than nextval() and setval()."""
    run(watcher.database, "CREATE SEQUENCE s")
    assert changed(watcher, "ALTER SEQUENCE s RESTART WITH 1000") != []
