"""Add the email, room for updates."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("users", sa.Column("email", sa.Text))
    op.execute("ALTER TABLE users SET (fillfactor = 70)")


def downgrade() -> None:
    op.drop_column("users", "email")
