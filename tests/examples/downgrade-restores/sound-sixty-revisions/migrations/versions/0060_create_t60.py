"""Create t60."""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"


def upgrade() -> None:
    op.create_table("t60", sa.Column("id", sa.Integer, primary_key=True))


def downgrade() -> None:
    op.drop_table("t60")
