"""Create three tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table("a", sa.Column("id", sa.Integer, primary_key=True))
    op.create_table("b", sa.Column("id", sa.Integer, primary_key=True))
    op.create_table(
        "c",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("a_id", sa.Integer, index=True),
        sa.Column("b_id", sa.Integer, index=True),
    )
    op.create_foreign_key("c_y_fkey", "c", "a", ["a_id"], ["id"])
    op.create_foreign_key("c_x_fkey", "c", "b", ["b_id"], ["id"])


def downgrade() -> None:
    op.drop_table("c")
    op.drop_table("b")
    op.drop_table("a")
