"""Add c08."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c08", sa.Integer))


def downgrade() -> None:
    op.drop_column("facts", "c08")
