"""Add c33."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c33", sa.Text))


def downgrade() -> None:
    op.drop_column("facts", "c33")
