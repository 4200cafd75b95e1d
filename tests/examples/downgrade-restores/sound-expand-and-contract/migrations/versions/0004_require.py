"""Require."""

from alembic import op

revision = "0004"
down_revision = "0003"
schemaproof_allow = [
    {"check": "reads-blocked", "reason": "users has a few thousand rows at most"},
    {"check": "older-release-writes", "reason": "The release before sends the full name already."},
]


def upgrade() -> None:
    op.alter_column("users", "full_name", nullable=False)


def downgrade() -> None:
    op.alter_column("users", "full_name", nullable=True)
