"""Add c09."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c09", sa.Text))


def downgrade() -> None:
    op.drop_column("facts", "c09")
