"""Whether somebody is active is of no use to anybody."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
schemaproof_allow = [{"check": "older-release-writes", "reason": "no release writes people any more"}]


def upgrade() -> None:
    op.drop_column("people", "is_active")


def downgrade() -> None:
    op.add_column("people", sa.Column("is_active", sa.Boolean, nullable=False, server_default=sa.true()))
    op.alter_column("people", "is_active", server_default=None)
