"""Create both tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "goods_receipt_reference",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("a", sa.Integer),
        sa.Column("b", sa.Integer),
        sa.Column("name", sa.String),
        sa.CheckConstraint("a <> b", name="ck_goods_receipt_reference__no_self_reference"),
    )
    op.create_table(
        "legacy",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("x", sa.Integer),
        sa.Column("y", sa.Integer),
    )
    op.create_index("ix_legacy_x", "legacy", ["x"])
    op.create_index("ix_legacy_y", "legacy", ["y"])


def downgrade() -> None:
    op.drop_table("legacy")
    op.drop_table("goods_receipt_reference")
