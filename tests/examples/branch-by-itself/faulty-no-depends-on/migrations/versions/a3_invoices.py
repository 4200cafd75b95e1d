"""Invoices."""

import sqlalchemy as sa
from alembic import op

revision = "a3_invoices"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "invoices",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("client_id", sa.Integer, sa.ForeignKey("clients.id"), nullable=False),
    )
    op.create_index("ix_invoices_client_id", "invoices", ["client_id"])


def downgrade() -> None:
    op.drop_table("invoices")
