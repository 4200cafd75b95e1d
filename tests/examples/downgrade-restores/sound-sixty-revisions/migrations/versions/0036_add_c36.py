"""Add c36."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c36", sa.Integer))


def downgrade() -> None:
    op.drop_column("facts", "c36")
