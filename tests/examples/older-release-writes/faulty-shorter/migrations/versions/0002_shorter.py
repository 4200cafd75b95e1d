"""Titles are short."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.alter_column("orders", "title", type_=sa.String(40), postgresql_using="left(title, 40)")


def downgrade() -> None:
    op.alter_column("orders", "title", type_=sa.Text)
