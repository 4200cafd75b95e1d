"""Add creation and token."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "reads-blocked", "reason": "users has a few thousand rows at most"}]


def upgrade() -> None:
    op.add_column(
        "users", sa.Column("created", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)
    )
    op.add_column("users", sa.Column("token", sa.Uuid, server_default=sa.text("gen_random_uuid()"), nullable=False))


def downgrade() -> None:
    op.drop_column("users", "token")
    op.drop_column("users", "created")
