"""Create tickets."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "tickets",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("opened_on", sa.Date, server_default="2020-01-01", nullable=False),
        sa.Column("opened_by", sa.String(80), server_default="today", nullable=False),
        sa.Column("key", sa.Text, server_default="pending(review)", nullable=False),
    )


def downgrade() -> None:
    op.drop_table("tickets")
