"""Promise the state."""

from alembic import op

revision = "0003"
down_revision = "0002"
schemaproof_allow = [{"check": "older-release-writes", "reason": "the release before sends the state already"}]


def upgrade() -> None:
    op.create_check_constraint("state_there", "orders", "state IS NOT NULL", postgresql_not_valid=True)


def downgrade() -> None:
    op.drop_constraint("state_there", "orders")
