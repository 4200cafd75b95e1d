"""Users are accounts."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.rename_table("users", "accounts")
    op.execute("ALTER INDEX users_pkey RENAME TO accounts_pkey")
    op.execute("ALTER SEQUENCE users_id_seq RENAME TO accounts_id_seq")


def downgrade() -> None:
    op.execute("ALTER SEQUENCE accounts_id_seq RENAME TO users_id_seq")
    op.execute("ALTER INDEX accounts_pkey RENAME TO users_pkey")
    op.rename_table("accounts", "users")
