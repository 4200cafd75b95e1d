"""Add the number."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("CREATE SEQUENCE user_numbers")
    op.add_column("users", sa.Column("number", sa.Integer, server_default=sa.text("nextval('user_numbers')")))


def downgrade() -> None:
    op.drop_column("users", "number")
