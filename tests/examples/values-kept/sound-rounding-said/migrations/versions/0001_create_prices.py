"""Create prices."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "prices",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("amount", sa.Numeric(12, 4), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("prices")
