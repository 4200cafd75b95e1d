"""Contract."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

schemaproof_allow = [{"check": "older-release-writes", "reason": "The service is stopped while this is deployed."}]


def upgrade() -> None:
    op.drop_column("users", "name")


def downgrade() -> None:
    op.add_column("users", sa.Column("name", sa.String(50)))
    op.execute("UPDATE users SET name = left(full_name, 50)")
    op.alter_column("users", "name", nullable=False)
    op.create_check_constraint("ck_users_name", "users", "name <> ''")
