"""Add c18."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c18", sa.Boolean))


def downgrade() -> None:
    op.drop_column("facts", "c18")
