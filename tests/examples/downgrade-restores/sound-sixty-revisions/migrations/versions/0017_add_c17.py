"""Add c17."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c17", sa.Text))


def downgrade() -> None:
    op.drop_column("facts", "c17")
