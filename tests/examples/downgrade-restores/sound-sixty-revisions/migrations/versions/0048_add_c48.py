"""Add c48."""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c48", sa.Integer))


def downgrade() -> None:
    op.drop_column("facts", "c48")
