"""Create posts."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "posts",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("mood", sa.Enum("sad", "ok", "happy", name="mood"), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("posts")
    sa.Enum(name="mood").drop(op.get_bind())
