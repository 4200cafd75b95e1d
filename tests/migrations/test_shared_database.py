"""The database is shared: what belongs to other applications is neither seen nor touched."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.exc import DBAPIError

from schemaproof.postgres import Database
from tests.migrations.conftest import Alembic

Connection = psycopg.Connection[Any]

# Tables of our names among theirs, and an alembic_version that is not ours.
NEIGHBOURS = """
    CREATE SCHEMA billing;
    CREATE TYPE billing.mood AS ENUM ('glad', 'sad');
    CREATE TABLE billing.users (id int PRIMARY KEY, mood billing.mood NOT NULL, email text UNIQUE);
    CREATE TABLE billing.invoices (id int PRIMARY KEY, user_id int REFERENCES billing.users, CHECK (id > 0));
    CREATE TABLE billing.alembic_version (version_num varchar(32) PRIMARY KEY);
    CREATE TABLE public.messages (id int PRIMARY KEY, body text);
    CREATE TABLE public.alembic_version (version_num varchar(32) PRIMARY KEY);
    CREATE INDEX messages_body ON public.messages (body);
    INSERT INTO billing.users VALUES (1, 'glad', 'a@example.com'), (2, 'sad', NULL);
    INSERT INTO billing.invoices VALUES (10, 1), (11, 2);
    INSERT INTO billing.alembic_version VALUES ('ffff');
    INSERT INTO public.alembic_version VALUES ('eeee');
    INSERT INTO public.messages VALUES (1, 'hello')
"""
TABLES = ["billing.users", "billing.invoices", "billing.alembic_version", "public.messages", "public.alembic_version"]


@pytest.fixture(params=["public", "faceplate", "billing"])
def neighbours(request: pytest.FixtureRequest, empty_database: Database) -> Iterator[Connection]:
    """Another application's objects; sessions have its schema, ours, or public as their search_path."""
    with psycopg.connect(empty_database.dsn, autocommit=True) as connection:
        connection.execute(NEIGHBOURS)
        name, path = sql.Identifier(empty_database.name), sql.Identifier(request.param)
        connection.execute(sql.SQL("ALTER DATABASE {} SET search_path = {}").format(name, path))
        yield connection


def everything_of_others(connection: Connection) -> list[Any]:
    """Identity, storage and last change of every relation and type outside faceplate, and of every row."""
    theirs = "('billing'::regnamespace, 'public'::regnamespace)"
    facts: list[Any] = [
        connection.execute(query).fetchall()
        for query in (
            f"SELECT oid, relname, relfilenode, xmin::text FROM pg_class WHERE relnamespace IN {theirs} ORDER BY oid",
            f"SELECT oid, typname, xmin::text FROM pg_type WHERE typnamespace IN {theirs} ORDER BY oid",
            "SELECT oid, nspname, xmin::text FROM pg_namespace WHERE nspname <> 'faceplate' ORDER BY oid",
        )
    ]
    return facts + [connection.execute(f"SELECT t::text, ctid, xmin::text FROM {t} AS t").fetchall() for t in TABLES]


def test_upgrade_and_downgrade_leave_other_applications_whole(alembic: Alembic, neighbours: Connection) -> None:
    before = everything_of_others(neighbours)

    alembic.upgrade()
    alembic.downgrade()

    assert everything_of_others(neighbours) == before


@pytest.mark.usefixtures("neighbours")
def test_check_is_silent_beside_other_applications(alembic: Alembic) -> None:
    alembic.upgrade()

    assert alembic.run("check") == "No new upgrade operations detected.\n"


@pytest.mark.usefixtures("neighbours")
def test_autogenerate_proposes_nothing_beside_other_applications(alembic_copy: Alembic) -> None:
    alembic_copy.upgrade()

    assert "op." not in alembic_copy.autogenerate()


def test_autogenerate_sees_a_difference_in_our_own_schema(alembic_copy: Alembic, neighbours: Connection) -> None:
    """That nothing is proposed for others must not come from seeing nothing."""
    alembic_copy.upgrade()
    neighbours.execute("ALTER TABLE faceplate.users DROP COLUMN subject_id")

    proposal = alembic_copy.autogenerate()

    assert "op.add_column('users', sa.Column('subject_id'" in proposal
    assert "schema='faceplate'" in proposal


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("ALTER TABLE faceplate.users ALTER email TYPE varchar(100)", id="type"),
        pytest.param("ALTER TABLE faceplate.users ALTER created_at TYPE timestamp", id="time-zone"),
        pytest.param("ALTER TABLE faceplate.conversations ALTER title SET DEFAULT 'Chat'", id="server-default"),
        pytest.param("ALTER TABLE faceplate.messages DROP CONSTRAINT ck_messages_role", id="check"),
        pytest.param("ALTER TABLE faceplate.users ALTER email DROP NOT NULL", id="nullability"),
        pytest.param("DROP INDEX faceplate.ix_conversations_user_id", id="index"),
    ],
)
def test_check_sees_a_changed(alembic: Alembic, server: Connection, change: str) -> None:
    alembic.upgrade()
    server.execute(change)

    with pytest.raises(Exception, match="New upgrade operations detected"):
        alembic.run("check")


def test_downgrade_takes_nothing_of_others_along(alembic: Alembic, neighbours: Connection) -> None:
    """Their foreign key to our table stops the downgrade: nobody drops it by CASCADE."""
    alembic.upgrade()
    neighbours.execute("CREATE TABLE billing.accounts (id uuid PRIMARY KEY REFERENCES faceplate.users)")
    before = everything_of_others(neighbours)

    with pytest.raises(DBAPIError, match="other objects depend on it"):
        alembic.downgrade()

    assert everything_of_others(neighbours) == before


def test_unqualified_name_in_a_revision_is_refused(alembic_copy: Alembic, neighbours: Connection) -> None:
    before = everything_of_others(neighbours)
    alembic_copy.add("0002", 'op.execute("CREATE TABLE stray (id int)")')

    with pytest.raises(DBAPIError, match="no schema has been selected"):
        alembic_copy.upgrade()

    assert everything_of_others(neighbours) == before
