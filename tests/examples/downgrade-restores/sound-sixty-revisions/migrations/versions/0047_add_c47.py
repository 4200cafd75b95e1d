"""Add c47."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c47", sa.Date))


def downgrade() -> None:
    op.drop_column("facts", "c47")
