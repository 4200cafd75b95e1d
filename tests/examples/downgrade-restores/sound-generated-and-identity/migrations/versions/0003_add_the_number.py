"""Add the number."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
schemaproof_allow = [{"check": "reads-blocked", "reason": "items has a few thousand rows at most"}]


def upgrade() -> None:
    op.add_column("items", sa.Column("number", sa.Integer, sa.Identity()))


def downgrade() -> None:
    op.drop_column("items", "number")
