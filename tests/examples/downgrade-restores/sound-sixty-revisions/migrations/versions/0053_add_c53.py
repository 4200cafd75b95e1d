"""Add c53."""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c53", sa.Text))


def downgrade() -> None:
    op.drop_column("facts", "c53")
