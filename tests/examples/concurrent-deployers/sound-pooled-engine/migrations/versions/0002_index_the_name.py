"""Index the name; what a failed build left is dropped first."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index("ix_users_name", "users", if_exists=True, postgresql_concurrently=True)
        op.create_index("ix_users_name", "users", ["name"], postgresql_concurrently=True)


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index("ix_users_name", "users", if_exists=True, postgresql_concurrently=True)
