"""The quickstart's SQL, to the letter."""

import psycopg

from schemaproof.postgres import Database

INSERTS = """
INSERT INTO faceplate.users (id, email, subject_id) 
VALUES ('550e8400-e29b-41d4-a716-446655440000', 'test@example.com', 'sub-123');

INSERT INTO faceplate.conversations (id, user_id, title)
VALUES ('550e8400-e29b-41d4-a716-446655440001', '550e8400-e29b-41d4-a716-446655440000', 'Test Chat');

INSERT INTO faceplate.messages (id, conversation_id, role, content)
VALUES ('550e8400-e29b-41d4-a716-446655440002', '550e8400-e29b-41d4-a716-446655440001', 'user', 'Hello');
"""  # noqa: W291 (to the letter)
DELETE = "DELETE FROM faceplate.users WHERE email = 'test@example.com';"
COUNTS = "SELECT COUNT(*) FROM faceplate.conversations;", "SELECT COUNT(*) FROM faceplate.messages;"


def test_quickstart_cascade_delete(postgres_database: Database) -> None:
    with psycopg.connect(postgres_database.dsn, autocommit=True) as connection:
        connection.execute(INSERTS)
        before = [connection.execute(query).fetchone() for query in COUNTS]
        connection.execute(DELETE)
        after = [connection.execute(query).fetchone() for query in COUNTS]

    assert (before, after) == ([(1,), (1,)], [(0,), (0,)])


def test_quickstart_tables_are_listed(postgres_database: Database) -> None:
    r"""What ``\dn faceplate`` and ``\dt faceplate.*`` list."""
    with psycopg.connect(postgres_database.dsn) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'faceplate'").fetchall()

    assert {"users", "conversations", "messages", "mcp_configs"} <= {name for (name,) in tables}
