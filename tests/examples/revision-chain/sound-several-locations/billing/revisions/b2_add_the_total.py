"""Add the total."""

import sqlalchemy as sa
from alembic import op

revision = "b2"
down_revision = "b1"


def upgrade() -> None:
    op.add_column("invoices", sa.Column("total", sa.Integer))


def downgrade() -> None:
    op.drop_column("invoices", "total")
