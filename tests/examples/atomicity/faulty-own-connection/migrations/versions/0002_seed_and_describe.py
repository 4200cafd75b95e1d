"""Seed and describe."""

import sqlalchemy as sa
from alembic import context, op

revision = "0002"
down_revision = "0001"

SEED = "INSERT INTO settings (key, value) VALUES ('theme', 'dark') ON CONFLICT DO NOTHING"


def upgrade() -> None:
    if context.is_offline_mode():
        op.execute(SEED)
    else:
        with op.get_bind().engine.begin() as connection:
            connection.execute(sa.text(SEED))
    op.add_column("settings", sa.Column("description", sa.Text))


def downgrade() -> None:
    op.drop_column("settings", "description")
    op.execute("DELETE FROM settings WHERE key = 'theme'")
