"""What is seen of a run: what each statement leaves locked, and what it does to rows."""

from pathlib import Path

import psycopg
import pytest

from schemaproof.migration.history import open_history
from schemaproof.postgres import Server
from schemaproof.proofs.locks.relations import STRONG
from schemaproof.proofs.locks.watch import Step, Watch, Work
from tests.schemaproof.proofs.locks.projects import python_project


class Seen:
    """The steps of the last revision's own code, and the oid of the table orders."""

    def __init__(self, folder: Path, server: Server, upgrade: str, driver: str = "psycopg") -> None:
        with (
            open_history(python_project(folder, upgrade, driver=driver), server) as history,
            history.build(1) as database,
        ):
            with psycopg.connect(database.dsn) as connection:
                row = connection.execute("SELECT 'orders'::regclass::oid::int8").fetchone()
            watch = Watch(server.version)
            run = history.environment.upgrade(history.chain.script, database, history.revisions[1:], watch)
            assert run.error is None, run.told
        self.orders = row[0] if row else 0
        self.steps = [step for step in watch.steps if step.own]

    def locked(self) -> list[bool]:
        """After which statements orders is locked."""
        return [bool(step.held.get(self.orders, frozenset()) & STRONG) for step in self.steps]

    def work(self) -> list[Work]:
        """What each statement did to the rows of orders, but for blocks."""
        return [self._work(step) for step in self.steps]

    def _work(self, step: Step) -> Work:
        found = step.work.get(self.orders, Work())
        return Work(found.read, found.written)


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_each_statement_has_its_locks_and_its_own_work(driver: str, tmp_path: Path, postgres_server: Server) -> None:
    seen = Seen(
        tmp_path,
        postgres_server,
        """
        op.execute("UPDATE orders SET total = 1 WHERE id < 3")
        op.execute("ALTER TABLE orders ADD COLUMN a int")
        op.execute("SELECT 1")
        op.execute("DELETE FROM orders")
        """,
        driver,
    )
    assert seen.locked() == [False, True, True, True]
    assert [one.written for one in seen.work()] == [2, 0, 0, 3]
    assert seen.work()[2] == Work()
    assert len({step.transaction for step in seen.steps}) == 1


def test_savepoint_gives_its_locks_back(tmp_path: Path, postgres_server: Server) -> None:
    seen = Seen(
        tmp_path,
        postgres_server,
        """
        with op.get_bind().begin_nested() as savepoint:
            op.execute("LOCK TABLE orders")
            savepoint.rollback()
        op.execute("SELECT 1")
        """,
    )
    assert [seen.locked()[0], seen.locked()[-1]] == [False, False]
    assert any(seen.locked())


def test_work_of_one_transaction_is_none_of_the_next(tmp_path: Path, postgres_server: Server) -> None:
    seen = Seen(
        tmp_path,
        postgres_server,
        """
        op.execute("UPDATE orders SET total = 1")
        with op.get_context().autocommit_block():
            op.execute("UPDATE orders SET total = 2")
        op.execute("SELECT 1")
        """,
    )
    assert [one.written for one in seen.work()] == [3, 0]


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_statement_in_a_transaction_of_its_own_is_tried_in_one(
    driver: str, tmp_path: Path, postgres_server: Server
) -> None:
    seen = Seen(
        tmp_path,
        postgres_server,
        """
        with op.get_context().autocommit_block():
            op.execute("CREATE INDEX ix_total ON orders (total) WHERE total % 2 = 0")
            op.execute("CREATE INDEX CONCURRENTLY ix_id ON orders (id)")
            op.execute("COMMENT ON INDEX ix_total IS 'it is there'")
        """,
        driver,
    )
    assert [step.statement.split()[1] for step in seen.steps] == ["INDEX", "ON"]
    assert seen.locked() == [True, False]
    assert seen.work()[0] == Work(read=3)


def test_statement_after_a_commit_in_sql_is_no_longer_under_its_locks(tmp_path: Path, postgres_server: Server) -> None:
    seen = Seen(
        tmp_path,
        postgres_server,
        """
        op.execute("ALTER TABLE orders ADD COLUMN a int")
        op.execute("COMMIT")
        op.execute("UPDATE orders SET a = 1")
        """,
    )
    assert seen.locked() == [True, False]
    assert seen.work()[1].written == 3


def test_what_a_cursor_of_the_driver_does_is_seen_with_the_next_statement(
    tmp_path: Path, postgres_server: Server
) -> None:
    seen = Seen(
        tmp_path,
        postgres_server,
        """
        op.get_bind().connection.cursor().execute("ALTER TABLE orders ADD COLUMN a int DEFAULT random()")
        op.execute("SELECT 1")
        """,
    )
    assert seen.locked() == [True]
    assert seen.work()[0].read > 0


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_statement_that_comes_again_and_again_has_all_of_its_work(
    driver: str, tmp_path: Path, postgres_server: Server
) -> None:
    """The next one, often Alembic's UPDATE of its version table, has none of it."""
    seen = Seen(
        tmp_path,
        postgres_server,
        """
        for number in range(30):
            op.execute("UPDATE orders SET total = total + 1 WHERE id = 1")
        op.execute("SELECT 1")
        for number in range(20):
            op.execute("UPDATE orders SET total = total - 1 WHERE id = 1")
        """,
        driver,
    )
    texts = [step.statement.partition(" WHERE")[0] for step in seen.steps]
    up, down = "UPDATE orders SET total = total + 1", "UPDATE orders SET total = total - 1"
    assert texts == [up] * 9 + ["SELECT 1"] + [down] * 9
    assert [step.times for step in seen.steps] == [1] * 8 + [22, 1] + [1] * 8 + [12]
    assert [one.written for one in seen.work()] == [1] * 8 + [22, 0] + [1] * 8 + [12]


def test_lock_timeout_is_that_of_the_session(tmp_path: Path, postgres_server: Server) -> None:
    seen = Seen(
        tmp_path,
        postgres_server,
        """
        op.execute("SELECT 1")
        op.execute("SET LOCAL lock_timeout = '3s'")
        """,
    )
    assert [step.lock_timeout for step in seen.steps] == ["0", "3s"]
