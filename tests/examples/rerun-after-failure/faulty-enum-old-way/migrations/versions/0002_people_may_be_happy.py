"""People may be happy."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("COMMIT")  # before PostgreSQL 12, ADD VALUE did not run in a transaction
    op.execute("ALTER TYPE mood ADD VALUE 'happy'")
    op.add_column("people", sa.Column("note", sa.Text))


def downgrade() -> None:
    op.drop_column("people", "note")
    op.execute("UPDATE people SET mood = 'ok' WHERE mood = 'happy'")
    op.execute("ALTER TYPE mood RENAME TO mood_before")
    op.execute("CREATE TYPE mood AS ENUM ('sad', 'ok')")
    op.execute("ALTER TABLE people ALTER mood DROP DEFAULT, ALTER mood TYPE mood USING mood::text::mood")
    op.execute("ALTER TABLE people ALTER mood SET DEFAULT 'ok'")
    op.execute("DROP TYPE mood_before")
