"""Create invoices."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "invoices",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("stage", sa.Text, nullable=False),
        sa.CheckConstraint("stage IN ('draft', 'sent', 'paid')", name="invoices_stage"),
    )


def downgrade() -> None:
    op.drop_table("invoices")
