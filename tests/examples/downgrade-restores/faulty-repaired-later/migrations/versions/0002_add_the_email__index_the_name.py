"""Add the email, index the name."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("users", sa.Column("email", sa.Text))
    op.create_index("ix_users_name", "users", ["name"])


def downgrade() -> None:
    op.drop_column("users", "email")
