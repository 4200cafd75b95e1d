"""Nobody is sad."""

from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [
    {"check": "reads-blocked", "reason": "people has a few thousand rows at most"},
    {"check": "older-release-writes", "reason": "The service is stopped while this is deployed."},
]


def remake(labels: str) -> None:
    op.execute("ALTER TYPE mood RENAME TO mood_before")
    op.execute(f"CREATE TYPE mood AS ENUM ({labels})")
    op.execute("ALTER TABLE people ALTER mood DROP DEFAULT, ALTER mood TYPE mood USING mood::text::mood")
    op.execute("ALTER TABLE people ALTER mood SET DEFAULT 'ok'")
    op.execute("DROP TYPE mood_before")


def upgrade() -> None:
    op.execute("UPDATE people SET mood = 'ok' WHERE mood = 'sad'")
    remake("'ok', 'happy'")


def downgrade() -> None:
    op.execute("UPDATE people SET mood = 'ok' WHERE mood = 'happy'")
    remake("'sad', 'ok'")
