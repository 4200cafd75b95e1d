"""Case is no difference."""

from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "writes-blocked", "reason": "users has a few thousand rows at most"}]


def upgrade() -> None:
    op.execute(
        "UPDATE users SET mail = NULL WHERE EXISTS (SELECT FROM users o WHERE lower(o.mail) = "
        "lower(users.mail) AND o.id < users.id)"
    )
    op.execute("CREATE UNIQUE INDEX users_mail_lower ON users (lower(mail))")


def downgrade() -> None:
    op.drop_index("users_mail_lower", "users")
