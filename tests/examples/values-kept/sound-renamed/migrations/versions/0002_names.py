"""The nick is a name."""

from alembic import op

revision = "0002"
down_revision = "0001"

schemaproof_allow = [{"check": "older-release-reads", "reason": "The service is stopped while this is deployed."}]


def upgrade() -> None:
    op.alter_column("users", "nick", new_column_name="name")


def downgrade() -> None:
    op.alter_column("users", "name", new_column_name="nick")
