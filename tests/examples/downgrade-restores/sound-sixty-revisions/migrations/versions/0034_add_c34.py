"""Add c34."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c34", sa.Boolean))


def downgrade() -> None:
    op.drop_column("facts", "c34")
