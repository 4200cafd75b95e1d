"""Add c38."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c38", sa.Boolean))


def downgrade() -> None:
    op.drop_column("facts", "c38")
