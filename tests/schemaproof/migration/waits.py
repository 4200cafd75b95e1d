"""Projects of which one revision waits: for itself, for a while, or for ever."""

ASYNC_ENV = """
import asyncio
from alembic import context
from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import create_async_engine


def migrate(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()


async def connected():
    engine = create_async_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
        await connection.commit()


asyncio.run(connected())
"""

REVISION = """
import asyncio, os, threading, time
import sqlalchemy as sa
import sqlalchemy.orm
from alembic import context, op
from schemaproof.migration.watchdog import looks  # the test's

revision, down_revision = "0002", "0001"


def another(**options):
    url = sa.make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+psycopg")
    return sa.create_engine(url, **options).connect()


def upgrade():
{code}


def downgrade():
    op.execute("DROP TABLE IF EXISTS x")
"""

# What each lets wait for itself.
READ = "other = another()\nother.execute(sa.text('SELECT count(*) FROM t'))\n"
WRITE = "other = another()\nother.execute(sa.text('INSERT INTO t VALUES (1)'))\n"
ALTER = "op.execute('ALTER TABLE t ADD j int')"
WAITING = {
    "read": READ + ALTER,
    "orm-session": "session = sa.orm.Session(another().engine)\nsession.scalar(sa.text('SELECT 1 FROM t'))\n" + ALTER,
    "other-way-round": "op.execute('LOCK TABLE t')\nanother().execute(sa.text('SELECT count(*) FROM t'))",
    "savepoint": READ + "with op.get_bind().begin_nested():\n    " + ALTER,
    "row": (
        "op.execute('INSERT INTO t VALUES (1)')\nanother().execute(sa.text('INSERT INTO t VALUES (1)'))"  # one key
    ),
    "concurrently": (
        WRITE + "with op.get_context().autocommit_block():\n    op.execute('CREATE INDEX CONCURRENTLY i ON t (id)')"
    ),
    "concurrently-own-connection": (
        "op.execute('INSERT INTO t VALUES (1)')\n"
        "another(isolation_level='AUTOCOMMIT').execute(sa.text('CREATE INDEX CONCURRENTLY i ON t (id)'))"
    ),
    "advisory-of-a-transaction": (
        "other = another()\nother.execute(sa.text('SELECT pg_advisory_xact_lock(1)'))\n"
        "op.execute('SELECT pg_advisory_xact_lock(1)')"
    ),
    "advisory-of-a-session": (
        "other = another(isolation_level='AUTOCOMMIT')\nother.execute(sa.text('SELECT pg_advisory_lock(1)'))\n"
        "op.execute('SELECT pg_advisory_lock(1)')"
    ),
    "raw-cursor": READ + "op.get_bind().connection.cursor().execute('ALTER TABLE t ADD j int')",
    "swallowed": READ + "try:\n    " + ALTER + "\nexcept Exception:\n    pass",
    "tried-again": READ
    + "while True:\n    try:\n        "
    + ALTER
    + "\n        break\n    except Exception:\n        pass",
    "thread": (
        READ + "thread = threading.Thread(target=lambda: another().execute(sa.text('LOCK TABLE t')))\n"
        "thread.start()\nthread.join()"
    ),
    "two-threads": (
        "def change(one, two):\n    with another() as c:\n        c.execute(sa.text(f'LOCK TABLE {one}'))\n"
        "        barrier.wait()\n        with another() as d:\n            d.execute(sa.text(f'LOCK TABLE {two}'))\n"
        "barrier = threading.Barrier(2)\nop.execute('COMMIT')\n"
        "threads = [threading.Thread(target=change, args=one) for one in (('t', 'u'), ('u', 't'))]\n"
        "for one in threads: one.start()\nfor one in threads: one.join()"
    ),
}
# Long waits that end by themselves, each longer than several looks: that is what ``looks()`` waits for.
SOUND = {
    "other-connection-closed": "with another() as other:\n    other.execute(sa.text('SELECT count(*) FROM t'))\n"
    + ALTER,
    "other-connection-idle-and-harmless": READ.replace("FROM t", "FROM u") + ALTER + "\nlooks()",
    "pg-sleep": "op.execute('SELECT pg_sleep(1)')",
    "sleep": "looks()",
    "thread-that-commits": (
        READ + "thread = threading.Thread(target=lambda: (looks(), other.commit(), looks()))\nthread.start()\n"
        "op.execute('SELECT pg_sleep(0.1)')\nthread.join()\n" + ALTER
    ),
    "waits-for-a-thread-that-commits": (
        "def read():\n    with another() as c:\n        c.execute(sa.text('SELECT count(*) FROM t'))\n"
        "        ready.set()\n        looks()\n"
        "ready = threading.Event()\nthread = threading.Thread(target=read)\nthread.start()\nready.wait()\n" + ALTER
    ),
}
# What each does for ever, and what of it is told.
STALLED = {
    "sleep": ("while True:\n    time.sleep(1)", "time.sleep(1)"),
    "long-sleep": ("time.sleep(100_000)", "time.sleep(100_000)"),
    "busy": ("while True:\n    pass", "while True:"),
    "swallows-exceptions": (
        "while True:\n    try:\n        time.sleep(0.1)\n    except Exception:\n        pass",
        "time.sleep(0.1)",
    ),
    "statement": ("op.execute('SELECT pg_sleep(100000)')", "SELECT pg_sleep(100000)"),
    "polls": (
        "holder = another(isolation_level='AUTOCOMMIT')\nholder.execute(sa.text('SELECT pg_advisory_lock(1)'))\n"
        "while not op.get_bind().scalar(sa.text('SELECT pg_try_advisory_lock(1)')):\n    time.sleep(0.05)",
        "SELECT pg_try_advisory_lock(1)",
    ),
    "statement-tried-again": (
        "while True:\n    try:\n        op.get_bind().execute(sa.text('SELECT pg_sleep(100000)'))\n"
        "    except Exception:\n        pass",
        "SELECT pg_sleep(100000)",
    ),
    "lock": ("threading.Lock().acquire()\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()", "lock.acquire()"),
    "thread": (
        "thread = threading.Thread(target=time.sleep, args=(8,))\nthread.start()\nthread.join()",
        "thread.join()",
    ),
    "asyncio": ("from sqlalchemy.util import await_only\nawait_only(asyncio.sleep(100_000))", "asyncio.sleep(100_000)"),
}
