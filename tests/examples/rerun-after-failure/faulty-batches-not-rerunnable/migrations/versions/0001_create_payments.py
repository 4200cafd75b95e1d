"""Create payments."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "payments",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("amount", sa.Numeric(12, 2), nullable=False),
    )
    op.execute("INSERT INTO payments (amount) VALUES (1.50), (2.25), (3), (4.99)")


def downgrade() -> None:
    op.drop_table("payments")
