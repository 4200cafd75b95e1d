"""Index the email."""

from alembic import op

revision = "0003"
down_revision = "0002"

schemaproof_allow = [{"check": "older-release-writes", "reason": "The release before looks for the address first."}]


def upgrade() -> None:
    with op.get_context().autocommit_block():
        # Where an earlier try was stopped, there is one that is not valid.
        op.drop_index("ix_users_email", "users", postgresql_concurrently=True, if_exists=True)
        op.create_index("ix_users_email", "users", ["email"], unique=True, postgresql_concurrently=True)


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index("ix_users_email", "users", postgresql_concurrently=True, if_exists=True)
