"""Make the age a number."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.alter_column("users", "age", type_=sa.Integer)


def downgrade() -> None:
    op.alter_column("users", "age", type_=sa.Text)
