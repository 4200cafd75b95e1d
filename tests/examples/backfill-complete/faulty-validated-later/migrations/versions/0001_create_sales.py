"""Create sales."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "merchants",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("currency", sa.Text, nullable=False),
    )
    op.create_table(
        "sales",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("merchant_id", sa.BigInteger, sa.ForeignKey("merchants.id"), index=True),
    )


def downgrade() -> None:
    op.drop_table("sales")
    op.drop_table("merchants")
