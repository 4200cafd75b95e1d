"""Create pages."""

import sqlalchemy as sa
from alembic import op

revision = "p1"
down_revision = None
branch_labels = ("pages",)


def upgrade() -> None:
    op.create_table("pages", sa.Column("id", sa.Integer, primary_key=True))


def downgrade() -> None:
    op.drop_table("pages")
