"""Add age and phone."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("users", sa.Column("age", sa.Integer))
    op.add_column("users", sa.Column("phone", sa.Text))


def downgrade() -> None:
    op.drop_column("users", "phone")
    op.drop_column("users", "age")
