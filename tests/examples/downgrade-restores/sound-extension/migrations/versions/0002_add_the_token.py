"""Add the token."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "reads-blocked", "reason": "users has a few thousand rows at most"}]


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pgcrypto")
    op.add_column("users", sa.Column("token", sa.Text))
    op.execute("UPDATE users SET token = gen_salt('bf')")


def downgrade() -> None:
    op.drop_column("users", "token")
