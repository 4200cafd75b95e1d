"""Unique names."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.drop_index("ix_users_name", "users")
    op.create_index("ix_users_name", "users", ["name"], unique=True, postgresql_where=sa.text("id > 0"))


def downgrade() -> None:
    op.drop_index("ix_users_name", "users")
    op.create_index("ix_users_name", "users", ["name"])
