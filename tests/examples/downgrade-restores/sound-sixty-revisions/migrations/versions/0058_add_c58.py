"""Add c58."""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c58", sa.Boolean))


def downgrade() -> None:
    op.drop_column("facts", "c58")
