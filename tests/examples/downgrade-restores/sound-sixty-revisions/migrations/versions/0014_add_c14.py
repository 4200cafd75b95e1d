"""Add c14."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c14", sa.Boolean))


def downgrade() -> None:
    op.drop_column("facts", "c14")
