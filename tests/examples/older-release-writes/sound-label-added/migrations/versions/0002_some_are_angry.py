"""Some are angry."""

from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "reads-blocked", "reason": "posts has a few thousand rows at most"}]


def upgrade() -> None:
    op.execute("ALTER TYPE mood RENAME TO mood_before")
    op.execute("CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy', 'angry')")
    op.execute("ALTER TABLE posts ALTER mood TYPE mood USING mood::text::mood")
    op.execute("DROP TYPE mood_before")


def downgrade() -> None:
    op.execute("ALTER TYPE mood RENAME TO mood_before")
    op.execute("CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')")
    op.execute(
        "ALTER TABLE posts ALTER mood TYPE mood USING (CASE mood WHEN 'angry' THEN 'sad' ELSE mood::text END)::mood"
    )
    op.execute("DROP TYPE mood_before")
