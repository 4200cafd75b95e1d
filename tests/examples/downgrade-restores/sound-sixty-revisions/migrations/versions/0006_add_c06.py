"""Add c06."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c06", sa.Boolean))


def downgrade() -> None:
    op.drop_column("facts", "c06")
