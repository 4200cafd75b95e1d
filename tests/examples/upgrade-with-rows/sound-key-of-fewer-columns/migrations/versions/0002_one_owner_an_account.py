"""One owner an account."""

from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [
    {"check": "reads-blocked", "reason": "accounts has few rows, and is written at night"},
    {"check": "older-release-writes", "reason": "accounts has few rows, and is written at night"},
]


def upgrade() -> None:
    op.execute("""
        DELETE FROM accounts USING accounts first
        WHERE first.provider = accounts.provider AND first.number = accounts.number AND first.id < accounts.id
    """)
    op.drop_constraint("accounts_key", "accounts")
    op.create_unique_constraint("accounts_key", "accounts", ["provider", "number"])


def downgrade() -> None:
    op.drop_constraint("accounts_key", "accounts")
    op.create_unique_constraint("accounts_key", "accounts", ["provider", "number", "owner"])
