"""Add c57."""

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c57", sa.Text))


def downgrade() -> None:
    op.drop_column("facts", "c57")
