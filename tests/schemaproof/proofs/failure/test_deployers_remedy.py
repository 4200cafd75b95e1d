"""The remedy of concurrent-deployers does what it says: its own lines, in the env.py that ``alembic init`` writes."""

import gc
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from schemaproof.finding import Severity
from schemaproof.migration.history import open_history
from schemaproof.postgres import Database, Server
from schemaproof.proofs.failure.checks.deployers import CONCURRENT_DEPLOYERS
from tests.schemaproof.stock import DRIVERS, stock_project

# The lines to paste: those that are indented.
*LINES, USE = [line[4:] for line in CONCURRENT_DEPLOYERS.remedy.splitlines() if line.startswith("    ")]
BARE = "with context.begin_transaction():"

# An engine that keeps its connections, where the template's closes them.
POOLED = {
    "generic": ("poolclass=pool.NullPool", "poolclass=pool.QueuePool"),
    "async": ("poolclass=pool.NullPool", "poolclass=pool.AsyncAdaptedQueuePool"),
}

TWICE = """
import alembic.command, alembic.config, gc, sys
gc.disable()
engines = []  # which live as long as the process, as an application's do
import sqlalchemy.engine.base as base
made = base.Engine.__init__
base.Engine.__init__ = lambda engine, *a, **k: (engines.append(engine), made(engine, *a, **k))[1]
config = alembic.config.Config("alembic.ini")
config.set_main_option("sqlalchemy.url", sys.argv[1])
alembic.command.upgrade(config, "head")
alembic.command.downgrade(config, "base")
alembic.command.upgrade(config, "head")
assert engines and all(engine.pool.checkedin() for engine in engines)
print("migrated", flush=True)
sys.stdin.read()
"""


def pasted(project: Path) -> None:
    """Do in the env.py of ``project`` what the remedy says."""
    path = project / "migrations" / "env.py"
    text = path.read_text()
    head, online = text.rsplit(BARE, 1)  # the one of the function with the connection comes last
    head = head.replace("config = context.config\n", "\n".join(LINES) + "\n\nconfig = context.config\n")
    path.write_text(head + USE + online)


def pooled(project: Path, template: str) -> None:
    """Let its engine keep its connections, and never be disposed of."""
    path = project / "migrations" / "env.py"
    text = path.read_text().replace(*POOLED[template]).replace("    await connectable.dispose()\n", "")
    assert POOLED[template][1] in text
    path.write_text(text)


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # a pool that nobody disposes of
@pytest.mark.parametrize("pool", ["NullPool", "QueuePool"])
@pytest.mark.parametrize("template", ["generic", "async"])
def test_env_py_with_the_lines_lets_one_deployer_in_at_a_time(
    tmp_path: Path, own_server: Server, template: str, pool: str
) -> None:
    subject = stock_project(tmp_path, template)
    pasted(tmp_path)
    if pool == "QueuePool":
        pooled(tmp_path, template)
    with open_history(subject, own_server) as history:
        assert list(CONCURRENT_DEPLOYERS.examine(history)) == []
    gc.collect()


def test_env_py_without_the_lines_lets_all_in(tmp_path: Path, own_server: Server) -> None:
    with open_history(stock_project(tmp_path, "generic"), own_server) as history:
        (finding,) = CONCURRENT_DEPLOYERS.examine(history)
    assert (finding.severity, finding.remedy) == (Severity.NOTE, CONCURRENT_DEPLOYERS.remedy)


@pytest.mark.parametrize("template", ["generic", "async"])
def test_process_with_a_pool_migrates_twice_and_leaves_the_lock_to_others(
    tmp_path: Path, empty_database: Database, template: str
) -> None:
    """A connection that goes back to its pool keeps the session, and a session's locks last until it ends."""
    stock_project(tmp_path, template)
    pasted(tmp_path)
    pooled(tmp_path, template)
    url = empty_database.url(DRIVERS[template]).render_as_string(hide_password=False)
    command = [sys.executable, "-W", "ignore", "-c", TWICE, url]
    with subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "migrated\n"
        with psycopg.connect(empty_database.dsn) as other:
            other.execute("SET lock_timeout = '20s'")
            other.execute("SELECT pg_advisory_lock(4711)")
        process.stdin.close()


def test_deployer_that_waits_in_vain_says_so_and_ends(tmp_path: Path, empty_database: Database) -> None:
    stock_project(tmp_path, "generic")
    pasted(tmp_path)
    env = tmp_path / "migrations" / "env.py"
    env.write_text(env.read_text().replace("seconds=60", "seconds=0.3"))
    url = empty_database.url("psycopg").render_as_string(hide_password=False)
    with psycopg.connect(empty_database.dsn) as other:
        other.execute("SELECT pg_advisory_lock(4711)")
        command = [sys.executable, "-W", "ignore", "-c", TWICE, url]
        ended = subprocess.run(command, cwd=tmp_path, input="", capture_output=True, text=True, check=False, timeout=60)
    assert ended.stderr.endswith("RuntimeError: another deployer has been migrating for 0.3 s\n")
