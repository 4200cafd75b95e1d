"""Other sessions that meet the locks of a migration: behind it, and the other way round."""

from dataclasses import replace
from pathlib import Path

import pytest

from schemaproof.finding import Finding, Severity
from schemaproof.migration.history import open_history
from schemaproof.postgres import Server
from schemaproof.proofs.locks.order import LOCK_ORDER
from schemaproof.proofs.locks.unbounded import LOCK_UNBOUNDED
from tests.schemaproof.conftest import Databases
from tests.schemaproof.projects import ENV, Step, make_project, table
from tests.schemaproof.proofs.locks.projects import EACH_ITS_OWN, ORDERS, python_project

LINES = Step("CREATE TABLE lines (id int PRIMARY KEY)", "DROP TABLE lines")
ADD = 'op.execute("ALTER TABLE {} ADD COLUMN a int")'


def unbounded(
    folder: Path, server: Server, steps: list[Step], *, options: str = EACH_ITS_OWN, env: str = ENV
) -> list[Finding]:
    with open_history(make_project(folder, steps, options=options, env=env), server) as history:
        return list(LOCK_UNBOUNDED.examine(history))


def order(folder: Path, server: Server, upgrade: str) -> list[Finding]:
    with open_history(python_project(folder, upgrade, before=(ORDERS, LINES)), server) as history:
        return list(LOCK_ORDER.examine(history, "0003"))


@pytest.mark.parametrize("options", ["{}", EACH_ITS_OWN])
def test_reader_waits_behind_a_migration_that_waits(
    options: str, tmp_path: Path, own_server: Server, databases: Databases
) -> None:
    steps = [Step(f"{ORDERS.up}; {LINES.up}"), table("more"), Step("ALTER TABLE orders ADD COLUMN a int")]
    (found,) = unbounded(tmp_path, own_server, steps, options=options)
    assert found.severity is Severity.NOTE
    assert found.revision is None
    assert "0003 does for public.orders" in found.message
    assert "another session: reads public.orders: waited behind the upgrade" in found.evidence
    assert '"options": "-c lock_timeout=5s"' in found.remedy
    assert not databases()


def test_timeout_is_an_argument_of_the_driver_that_env_py_connects_with(
    tmp_path: Path, postgres_server: Server
) -> None:
    """Also where env.py puts its own into the URL that it is given."""
    env = ENV.replace(
        'config.get_section("alembic")',
        '{"sqlalchemy.url": config.get_main_option("sqlalchemy.url").replace("+asyncpg", "+psycopg2")}',
    )
    steps = [ORDERS, Step("ALTER TABLE orders ADD COLUMN a int")]
    subject = replace(make_project(tmp_path, steps, env=env), driver="asyncpg")
    with open_history(subject, postgres_server) as history:
        (found,) = LOCK_UNBOUNDED.examine(history)
    assert 'connect_args={"options": "-c lock_timeout=5s"}' in found.remedy


def test_writer_waits_behind_a_lock_that_lets_readers_in(tmp_path: Path, postgres_server: Server) -> None:
    (found,) = unbounded(tmp_path, postgres_server, [ORDERS, Step("CREATE INDEX ON orders (total)")])
    assert "wants SHARE" in found.evidence
    assert "writes to public.orders" in found.evidence


@pytest.mark.parametrize(
    "steps",
    [
        [ORDERS, Step(f"{LINES.up}; ALTER TABLE lines ADD COLUMN a int")],
        [ORDERS, Step("UPDATE orders SET total = 1")],
        [ORDERS, Step("SET LOCAL lock_timeout = '1s'; ALTER TABLE orders ADD COLUMN a int")],
    ],
    ids=["new table", "rows", "bounded by the revision"],
)
def test_lock_that_nobody_waits_for_is_none(steps: list[Step], tmp_path: Path, postgres_server: Server) -> None:
    assert not unbounded(tmp_path, postgres_server, steps)


def test_timeout_of_env_py_bounds_all(tmp_path: Path, postgres_server: Server) -> None:
    env = ENV.replace("poolclass=NullPool)", 'poolclass=NullPool, connect_args={"options": "-c lock_timeout=5s"})')
    steps = [ORDERS, Step("ALTER TABLE orders ADD COLUMN a int")]
    assert not unbounded(tmp_path, postgres_server, steps, env=env)


def test_deadlock_is_made_and_told(tmp_path: Path, own_server: Server, databases: Databases) -> None:
    (found,) = order(tmp_path, own_server, f"{ADD.format('orders')}\n{ADD.format('lines')}")
    assert found.severity is Severity.NOTE
    assert (found.revision, found.object) == ("0003", "table public.lines")
    assert "locks public.orders and then public.lines" in found.message
    assert found.message.endswith("a session that uses them the other way round can deadlock with it.")
    assert "deadlock detected (40P01), ends the" in found.evidence
    assert not databases()
    lines = (tmp_path / "migrations" / "versions" / "0003.py").read_text().splitlines()
    assert found.where is not None
    assert "ALTER TABLE lines" in lines[(found.where.line or 0) - 1]


@pytest.mark.parametrize(
    "upgrade",
    [
        ADD.format("orders"),
        f"{ADD.format('orders')}\nop.execute('UPDATE lines SET id = id')",
        f"{ADD.format('orders')}\nop.execute('ALTER TABLE orders ADD COLUMN b int')",
        f"{ADD.format('orders')}\nop.execute('CREATE TABLE new (id int)')\nop.execute('ALTER TABLE new ADD a int')",
        f"{ADD.format('orders')}\nop.execute('DROP TABLE lines')",
        "op.execute('ALTER TABLE orders ADD COLUMN a int')\nop.execute('COMMIT')\n" + ADD.format("lines"),
    ],
    ids=["one", "rows", "the same", "new", "dropped", "committed"],
)
def test_one_table_in_a_transaction_is_no_deadlock(upgrade: str, tmp_path: Path, postgres_server: Server) -> None:
    assert not order(tmp_path, postgres_server, upgrade)
