"""Stages have names."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("invoices", sa.Column("stage", sa.Text, nullable=False, server_default="draft"))


def downgrade() -> None:
    op.drop_column("invoices", "stage")
