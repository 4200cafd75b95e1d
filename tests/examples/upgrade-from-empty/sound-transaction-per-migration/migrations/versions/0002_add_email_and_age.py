"""Add email and age."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("ALTER TABLE users ADD COLUMN IF NOT EXISTS email text")
    with op.get_context().autocommit_block():
        # Where an earlier try was stopped, there is one that is not valid.
        op.drop_index("ix_users_email", "users", postgresql_concurrently=True, if_exists=True)
        op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)
    op.execute("ALTER TABLE users ADD COLUMN IF NOT EXISTS age integer")


def downgrade() -> None:
    op.execute("ALTER TABLE users DROP COLUMN IF EXISTS age")
    with op.get_context().autocommit_block():
        op.drop_index("ix_users_email", "users", postgresql_concurrently=True, if_exists=True)
    op.execute("ALTER TABLE users DROP COLUMN IF EXISTS email")
