"""A topic for each advertiser; messages are no more."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "topics",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("advertiser", sa.Text),
    )
    op.drop_table("messages")
    op.execute("INSERT INTO topics (name, advertiser) SELECT 'Announcement: ' || name, id FROM advertisers")


def downgrade() -> None:
    op.drop_table("topics")
    op.create_table(
        "messages",
        sa.Column("context", sa.Text, primary_key=True),
        sa.Column("title", sa.Text),
        sa.Column("content", sa.Text),
    )
