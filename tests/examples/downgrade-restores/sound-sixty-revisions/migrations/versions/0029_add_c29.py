"""Add c29."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c29", sa.Text))


def downgrade() -> None:
    op.drop_column("facts", "c29")
