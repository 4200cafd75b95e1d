"""Kinds of settings, and a theme."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("settings", sa.Column("kind", sa.Text))
    op.execute("INSERT INTO settings (key, value) VALUES ('theme', 'dark')")


def downgrade() -> None:
    op.drop_column("settings", "kind")
