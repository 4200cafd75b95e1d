"""Add the short name."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "older-release-writes", "reason": "only migrations write countries"}]


def upgrade() -> None:
    op.add_column("countries", sa.Column("short", sa.Text))
    op.execute("UPDATE countries SET short = 'x' || name")
    op.alter_column("countries", "short", nullable=False)
    op.create_check_constraint("short_there", "countries", "short <> ''")


def downgrade() -> None:
    op.drop_column("countries", "short")
