"""Addresses go, and tokens are drawn anew."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "reads-blocked", "reason": "users has a few thousand rows at most"}]


def upgrade() -> None:
    op.execute("UPDATE users SET address = NULL")
    op.execute("UPDATE users SET mail = lower(mail)")
    op.add_column("users", sa.Column("since", sa.DateTime(timezone=True)))
    op.execute("UPDATE users SET token = md5(random()::text), since = now()")
    op.add_column("users", sa.Column("plan", sa.Text, nullable=False, server_default="free"))


def downgrade() -> None:
    op.drop_column("users", "plan")
    op.drop_column("users", "since")
