"""Create invoices."""

import sqlalchemy as sa
from alembic import op

revision = "b1"
down_revision = None
branch_labels = ("invoices",)
depends_on = "a1"


def upgrade() -> None:
    op.create_table(
        "invoices",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("account_id", sa.Integer, sa.ForeignKey("accounts.id"), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("invoices")
