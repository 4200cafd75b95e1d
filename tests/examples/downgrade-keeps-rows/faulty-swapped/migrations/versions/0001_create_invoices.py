"""Create invoices."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "invoices",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("status", sa.Integer, sa.CheckConstraint("status IN (0, 1, 2)"), nullable=False, server_default="0"),
    )


def downgrade() -> None:
    op.drop_table("invoices")
