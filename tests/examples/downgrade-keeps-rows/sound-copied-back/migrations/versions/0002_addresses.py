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
    )
    op.execute("INSERT INTO addresses (user_id, street) SELECT id, street FROM users")
    op.drop_column("users", "street")


def downgrade() -> None:
    op.add_column("users", sa.Column("street", sa.Text))
    op.execute("UPDATE users SET street = addresses.street FROM addresses WHERE addresses.user_id = users.id")
    op.drop_table("addresses")
