"""The migrated database against the models: closer than Alembic's comparison, which leaves much unread."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine
from sqlalchemy.schema import CreateSchema

from schema.models import SCHEMA, Base
from schemaproof.postgres import Database

CatalogOf = Callable[[psycopg.Connection[Any]], set[tuple[Any, ...]]]


@pytest.fixture
def created(empty_database: Database) -> Database:
    """A database that the models made themselves."""
    engine = create_engine(empty_database.url("psycopg"))
    with engine.begin() as connection:
        connection.execute(CreateSchema(SCHEMA))
        Base.metadata.create_all(connection)
    engine.dispose()
    return empty_database


def test_migrated_database_equals_the_one_that_the_models_create(
    created: Database, postgres_database: Database, catalog_of: CatalogOf
) -> None:
    with psycopg.connect(created.dsn) as of_models, psycopg.connect(postgres_database.dsn) as of_migrations:
        assert catalog_of(of_migrations) ^ catalog_of(of_models) == set()


def test_models_are_all_in_the_catalog(created: Database, catalog_of: CatalogOf) -> None:
    """Two empty catalogs would be equal as well."""
    with psycopg.connect(created.dsn) as connection:
        names = {fact[0] for fact in catalog_of(connection)}

    assert {f"{table.name}.{column.name}" for table in Base.metadata.sorted_tables for column in table.c} <= names
