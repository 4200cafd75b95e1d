"""pytest-alembic's own checks, imported by name: its collector does not run on this pytest (see pyproject.toml)."""

import pytest
from alembic.config import Config
from pytest_alembic.tests import (
    test_model_definitions_match_ddl,
    test_single_head_revision,
    test_up_down_consistency,
    test_upgrade,
)
from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from schema.migrate import ALEMBIC_INI
from schemaproof.postgres import Database

__all__ = [
    "test_model_definitions_match_ddl",
    "test_single_head_revision",
    "test_up_down_consistency",
    "test_upgrade",
]


@pytest.fixture
def alembic_config() -> Config:
    return Config(ALEMBIC_INI)


@pytest.fixture
def alembic_engine(empty_database: Database) -> AsyncEngine:
    # pytest-alembic runs each command in another event loop, so no connection may outlive one.
    return create_async_engine(empty_database.url(), poolclass=NullPool)
