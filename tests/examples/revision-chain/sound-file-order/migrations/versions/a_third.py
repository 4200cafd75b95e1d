"""Add the email."""

import sqlalchemy as sa
from alembic import op

revision = "c2"
down_revision = "a1"


def upgrade() -> None:
    op.add_column("users", sa.Column("email", sa.Text))


def downgrade() -> None:
    op.drop_column("users", "email")
