"""Add c42."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c42", sa.Boolean))


def downgrade() -> None:
    op.drop_column("facts", "c42")
