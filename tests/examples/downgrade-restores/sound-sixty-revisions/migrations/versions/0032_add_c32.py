"""Add c32."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c32", sa.Integer))


def downgrade() -> None:
    op.drop_column("facts", "c32")
