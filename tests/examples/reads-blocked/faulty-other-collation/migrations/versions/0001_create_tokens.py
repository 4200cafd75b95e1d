"""Create tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "tokens",
        sa.Column("token", sa.Text, primary_key=True),
        sa.Column("note", sa.Text, index=True),
    )


def downgrade() -> None:
    op.drop_table("tokens")
