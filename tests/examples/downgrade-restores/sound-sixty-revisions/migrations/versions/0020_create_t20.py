"""Create t20."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.create_table("t20", sa.Column("id", sa.Integer, primary_key=True))


def downgrade() -> None:
    op.drop_table("t20")
