"""Add c49."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c49", sa.Text))


def downgrade() -> None:
    op.drop_column("facts", "c49")
