"""The migrated database against the specification, read from pg_catalog; nothing here is derived from the models."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from schemaproof.postgres import Database

UUID = ("uuid", "not null", "gen_random_uuid()")
UUID_REFERENCE = ("uuid", "not null", None)
NOW = ("timestamp with time zone", "not null", "now()")

# Table, column, type, nullability, default: FR-001 to FR-004, FR-006, and the table of the foundation's issue.
COLUMNS = [
    ("users", "id", *UUID),
    ("users", "email", "character varying(255)", "not null", None),
    ("users", "subject_id", "character varying(255)", "not null", None),
    ("users", "created_at", *NOW),
    ("conversations", "id", *UUID),
    ("conversations", "user_id", *UUID_REFERENCE),
    ("conversations", "title", "character varying(255)", "not null", "'New Chat'::character varying"),
    ("conversations", "created_at", *NOW),
    ("conversations", "updated_at", *NOW),
    ("messages", "id", *UUID),
    ("messages", "conversation_id", *UUID_REFERENCE),
    ("messages", "role", "character varying(20)", "not null", None),
    ("messages", "content", "text", "null", None),
    ("messages", "tool_calls", "jsonb", "null", None),
    ("messages", "tool_results", "jsonb", "null", None),
    ("messages", "created_at", *NOW),
    ("mcp_configs", "id", *UUID),
    ("mcp_configs", "user_id", *UUID_REFERENCE),
    ("mcp_configs", "name", "character varying(100)", "not null", None),
    ("mcp_configs", "config", "jsonb", "not null", None),
    ("mcp_configs", "enabled", "boolean", "not null", "true"),
    ("mcp_configs", "created_at", *NOW),
    ("mcp_configs", "updated_at", *NOW),
]

CONSTRAINTS = [
    ("users", "PRIMARY KEY (id)"),
    ("users", "UNIQUE (email)"),
    ("users", "UNIQUE (subject_id)"),
    ("conversations", "PRIMARY KEY (id)"),
    ("conversations", "FOREIGN KEY (user_id) REFERENCES faceplate.users(id) ON DELETE CASCADE"),
    ("messages", "PRIMARY KEY (id)"),
    ("messages", "FOREIGN KEY (conversation_id) REFERENCES faceplate.conversations(id) ON DELETE CASCADE"),
    (
        "messages",
        "CHECK (((role)::text = ANY ((ARRAY['user'::character varying, 'assistant'::character varying, "
        "'system'::character varying, 'tool'::character varying])::text[])))",
    ),
    ("mcp_configs", "PRIMARY KEY (id)"),
    ("mcp_configs", "FOREIGN KEY (user_id) REFERENCES faceplate.users(id) ON DELETE CASCADE"),
    ("mcp_configs", "UNIQUE (user_id, name)"),
]

# The indexes that are there for themselves, not for a key.
INDEXES = [
    ("conversations", "btree (user_id)"),
    ("messages", "btree (conversation_id, created_at)"),
]


@pytest.fixture
def migrated(postgres_database: Database) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(postgres_database.dsn) as connection:
        connection.execute("SET search_path = ''")  # names come with their schema then
        yield connection


def test_tables_are_those_of_the_specification(migrated: psycopg.Connection[Any]) -> None:
    found = migrated.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'faceplate'").fetchall()

    assert {name for (name,) in found} == {table for table, *_ in COLUMNS} | {"alembic_version"}


@pytest.mark.parametrize("expected", COLUMNS, ids=lambda column: f"{column[0]}.{column[1]}")
def test_column_is_as_specified(migrated: psycopg.Connection[Any], expected: tuple[str | None, ...]) -> None:
    found = migrated.execute(
        """
        SELECT relname, attname, format_type(atttypid, atttypmod), CASE WHEN attnotnull THEN 'not null' ELSE 'null' END,
               pg_get_expr(adbin, adrelid)
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
             LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE relnamespace = 'faceplate'::regnamespace AND relname = %s AND attname = %s
        """,
        expected[:2],
    ).fetchall()

    assert found == [expected]


def test_columns_are_those_of_the_specification_only(migrated: psycopg.Connection[Any]) -> None:
    found = migrated.execute(
        """
        SELECT relname, attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE relnamespace = 'faceplate'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
          AND attnum > 0 AND NOT attisdropped
        """
    ).fetchall()

    assert sorted(found) == sorted(column[:2] for column in COLUMNS)


def test_constraints_are_those_of_the_specification_only(migrated: psycopg.Connection[Any]) -> None:
    # Since 18, PostgreSQL keeps NOT NULL as a constraint too: those are in the columns above.
    found = migrated.execute(
        """
        SELECT relname, pg_get_constraintdef(pg_constraint.oid)
        FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
        WHERE connamespace = 'faceplate'::regnamespace AND contype <> 'n' AND relname <> 'alembic_version'
        """
    ).fetchall()

    assert sorted(found) == sorted(CONSTRAINTS)


def test_indexes_are_those_of_the_specification_only(migrated: psycopg.Connection[Any]) -> None:
    found = migrated.execute(
        """
        SELECT tablename, split_part(indexdef, ' USING ', 2) FROM pg_indexes
        WHERE schemaname = 'faceplate' AND NOT EXISTS (SELECT FROM pg_constraint WHERE conname = indexname)
        """
    ).fetchall()

    assert sorted(found) == sorted(INDEXES)


def test_every_constraint_and_index_has_a_name_of_the_convention(migrated: psycopg.Connection[Any]) -> None:
    found = migrated.execute(
        """
        SELECT conname FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
        WHERE connamespace = 'faceplate'::regnamespace AND contype <> 'n' AND relname <> 'alembic_version'
        UNION SELECT indexname FROM pg_indexes WHERE schemaname = 'faceplate' AND tablename <> 'alembic_version'
        """
    ).fetchall()

    assert {name for (name,) in found} == {
        "ck_messages_role",
        "fk_conversations_user_id_users",
        "fk_mcp_configs_user_id_users",
        "fk_messages_conversation_id_conversations",
        "ix_conversations_user_id",
        "ix_messages_conversation_id_created_at",
        "pk_conversations",
        "pk_mcp_configs",
        "pk_messages",
        "pk_users",
        "uq_mcp_configs_user_id_name",
        "uq_users_email",
        "uq_users_subject_id",
    }


def test_every_foreign_key_is_covered_by_the_leading_columns_of_an_index(migrated: psycopg.Connection[Any]) -> None:
    uncovered = migrated.execute(
        """
        SELECT conname FROM pg_constraint WHERE contype = 'f' AND connamespace = 'faceplate'::regnamespace
        AND NOT EXISTS (
            SELECT FROM pg_index WHERE indrelid = conrelid AND indisvalid AND indpred IS NULL
            AND (string_to_array(indkey::text, ' ')::int2[])[:cardinality(conkey)] @> conkey
        )
        """
    ).fetchall()

    assert uncovered == []


def test_no_index_repeats_the_columns_of_another(migrated: psycopg.Connection[Any]) -> None:
    """An index that begins with all columns of a second one serves the second one's queries too."""
    repeated = migrated.execute(
        """
        SELECT shorter.indexrelid::regclass::text, longer.indexrelid::regclass::text
        FROM pg_index AS shorter JOIN pg_index AS longer USING (indrelid)
        WHERE shorter.indexrelid <> longer.indexrelid AND NOT shorter.indisprimary
          AND indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'faceplate'::regnamespace)
          AND (longer.indkey::text || ' ') LIKE (shorter.indkey::text || ' %')
          AND (NOT shorter.indisunique OR longer.indkey = shorter.indkey)
        """
    ).fetchall()

    assert repeated == []
