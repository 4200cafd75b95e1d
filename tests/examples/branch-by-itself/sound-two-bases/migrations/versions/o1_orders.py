"""Orders."""

import sqlalchemy as sa
from alembic import op

revision = "o1"
down_revision = None
branch_labels = ("orders",)


def upgrade() -> None:
    op.create_table("orders", sa.Column("id", sa.Integer, primary_key=True))


def downgrade() -> None:
    op.drop_table("orders")
