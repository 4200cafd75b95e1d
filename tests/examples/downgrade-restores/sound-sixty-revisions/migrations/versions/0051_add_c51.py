"""Add c51."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c51", sa.Date))


def downgrade() -> None:
    op.drop_column("facts", "c51")
