"""Create sales."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "sales",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("channel", sa.Text),
        sa.Column("currency", sa.Text),
        sa.Column("label", sa.Text),
    )


def downgrade() -> None:
    op.drop_table("sales")
