"""Create files."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "files",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("size", sa.Integer),
    )


def downgrade() -> None:
    op.drop_table("files")
