"""Addresses have a table of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "writes-blocked", "reason": "users has a few thousand rows at most"}]


def upgrade() -> None:
    op.create_table(
        "addresses",
        sa.Column("user_id", sa.BigInteger, sa.ForeignKey("users.id"), primary_key=True, autoincrement=False),
        sa.Column("street", sa.Text),
        sa.Column("city", sa.Text),
    )
    op.execute("INSERT INTO addresses (user_id, street, city) SELECT id, street, city FROM users")


def downgrade() -> None:
    op.drop_table("addresses")
