"""Users are people."""

from alembic import op

revision = "0002"
down_revision = "0001"

schemaproof_allow = [{"check": "older-release-reads", "reason": "The service is stopped while this is deployed."}]


def upgrade() -> None:
    op.rename_table("users", "people")


def downgrade() -> None:
    op.rename_table("people", "users")
