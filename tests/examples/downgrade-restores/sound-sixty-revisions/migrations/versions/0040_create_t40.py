"""Create t40."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    op.create_table("t40", sa.Column("id", sa.Integer, primary_key=True))


def downgrade() -> None:
    op.drop_table("t40")
