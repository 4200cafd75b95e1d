"""Emails of users that are not deleted are unique."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute(
        "UPDATE users SET deleted_at = now() WHERE deleted_at IS NULL AND EXISTS (SELECT FROM users o"
        " WHERE o.email = users.email AND o.id < users.id AND o.deleted_at IS NULL)"
    )
    op.create_index("uq_users_email", "users", ["email"], unique=True, postgresql_where=sa.text("deleted_at IS NULL"))


def downgrade() -> None:
    op.drop_index("uq_users_email", "users")
