"""Add the email."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("users", sa.Column("email", sa.Text))
    op.execute("UPDATE users SET email = name")


def downgrade() -> None:
    op.execute("ALTER TABLE users DISABLE TRIGGER trim_name")
    op.execute("UPDATE users SET name = coalesce(email, name)")
    op.drop_column("users", "email")
