"""Index the email."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index("ix_users_email", "users", postgresql_concurrently=True, if_exists=True)  # of a failed build
        op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index("ix_users_email", "users", postgresql_concurrently=True, if_exists=True)
