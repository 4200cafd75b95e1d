"""Create receipts, all names made by the naming convention: they are longer than PostgreSQL allows."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

RECEIPT = "goods_receipt_of_the_central_warehouse"


def upgrade() -> None:
    op.create_table(
        RECEIPT,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("corrected_by_receipt", sa.Integer, sa.ForeignKey(f"{RECEIPT}.id"), index=True),
        sa.Column("number_of_the_delivery_note", sa.Text, index=True),
        sa.Column("ünterlieferant_straße_und_größe", sa.Text, index=True),
        sa.CheckConstraint("corrected_by_receipt <> id", name="is_not_corrected_by_itself"),
        sa.UniqueConstraint("number_of_the_delivery_note", "corrected_by_receipt"),
    )


def downgrade() -> None:
    op.drop_table(RECEIPT)
