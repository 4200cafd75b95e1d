"""Add c46."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c46", sa.Boolean))


def downgrade() -> None:
    op.drop_column("facts", "c46")
