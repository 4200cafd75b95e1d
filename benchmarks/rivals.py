"""The tools that ``schemaproof verify`` is measured beside, each set up as its documentation says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Rival:
    """Tests of another tool, run by pytest in a project of their own.

    Attributes:
        title: whose they are, and which.
        module: what must be installed for them.
        kind: of env.py: "sync" or "async".
        tests: how many there are; each gets a database.
        files: what is added to the project.
        edits: what is replaced in env.py, see ``synthetic.write``.
        arguments: for pytest.
        goal: schemaproof's time is to be at most this much of theirs; None for no goal.
    """

    title: str
    module: str
    kind: str
    tests: int
    files: Mapping[str, str]
    edits: Mapping[str, str]
    arguments: Sequence[str]
    goal: float | None = None


# pytest-alembic 0.13.1 and pytest 9.2: see pytest_alembic_tests_path in this project's pyproject.toml.
PYTEST_ALEMBIC_INI = """
[pytest]
pytest_alembic_tests_path = collected-by-import
"""

CONFTEST = """
import os

import pytest
from alembic.config import Config
from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import create_async_engine

URLS = os.environ["DATABASE_URLS"].split()


@pytest.fixture
def url():
    return URLS.pop()


@pytest.fixture
def alembic_config(url):
    config = Config("alembic.ini")
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


@pytest.fixture
def alembic_engine(url):
    return create_async_engine(url, poolclass=NullPool)
"""

DEFAULT_TESTS = """
from pytest_alembic.tests import (
    test_model_definitions_match_ddl,
    test_single_head_revision,
    test_up_down_consistency,
    test_upgrade,
)
"""

NO_TRACE_TEST = """
from pytest_alembic.tests.experimental import test_downgrade_leaves_no_trace
"""

# This test gives a sync connection out of the async engine, which Alembic's own env.py does not look for.
NO_TRACE_EDITS = {
    "    asyncio.run(run_async_migrations())": """
    given = config.attributes.get("connection")
    if hasattr(given, "sync_engine"):  # the engine of the same URL
        given = None
    if given is None:
        asyncio.run(run_async_migrations())
    else:
        with given.connect() as connection:
            do_run_migrations(connection)
"""
}

GAUNTLET_INI = """
[pytest]
asyncio_mode = auto
pythonpath = .
"""

STAIRWAY_TEST = """
import os

import models
import pytest
from alembic_gauntlet import MigrationTestBase


class TestMigrations(MigrationTestBase):
    @pytest.fixture
    def orm_metadata(self):
        return models.metadata

    @pytest.fixture(scope="session")
    def migration_db_url(self):
        return os.environ["DATABASE_URLS"]
"""

# It gives a connection, and a schema to work in.
STAIRWAY_EDITS = {
    "    asyncio.run(run_async_migrations())": """
    given = config.attributes.get("connection")
    if given is None:
        asyncio.run(run_async_migrations())
    else:
        do_run_migrations(given)
""",
    "    context.configure(connection=connection, target_metadata=target_metadata)": """
    schema = config.attributes.get("target_schema")
    if schema is not None:
        connection.exec_driver_sql(f'SET LOCAL search_path TO "{schema}"')
    context.configure(connection=connection, target_metadata=target_metadata, version_table_schema=schema)
""",
}

# Plugins by the names of their entry points.
PYTEST_ALEMBIC = ("-p", "pytest_alembic")
GAUNTLET = ("-p", "alembic-gauntlet", "-p", "asyncio", "-k", "stairway")

RIVALS = (
    Rival(
        title="pytest-alembic, its four default tests",
        module="pytest_alembic",
        kind="async",
        tests=4,
        files={"pytest.ini": PYTEST_ALEMBIC_INI, "conftest.py": CONFTEST, "test_migrations.py": DEFAULT_TESTS},
        edits={},
        arguments=PYTEST_ALEMBIC,
        goal=1.0,
    ),
    Rival(
        title="pytest-alembic, downgrade_leaves_no_trace",
        module="pytest_alembic",
        kind="async",
        tests=1,
        files={"pytest.ini": PYTEST_ALEMBIC_INI, "conftest.py": CONFTEST, "test_migrations.py": NO_TRACE_TEST},
        edits=NO_TRACE_EDITS,
        arguments=PYTEST_ALEMBIC,
        goal=0.1,
    ),
    Rival(
        title="alembic-gauntlet, stairway",
        module="alembic_gauntlet",
        kind="async",
        tests=1,
        files={"pytest.ini": GAUNTLET_INI, "test_migrations.py": STAIRWAY_TEST},
        edits=STAIRWAY_EDITS,
        arguments=GAUNTLET,
    ),
)
