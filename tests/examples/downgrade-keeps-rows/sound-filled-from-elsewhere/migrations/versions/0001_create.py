"""Create advertisers and messages."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "advertisers",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
    )
    op.create_table(
        "messages",
        sa.Column("context", sa.Text, primary_key=True),
        sa.Column("title", sa.Text),
        sa.Column("content", sa.Text),
    )


def downgrade() -> None:
    op.drop_table("messages")
    op.drop_table("advertisers")
