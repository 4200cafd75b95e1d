"""Case is no difference."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("CREATE UNIQUE INDEX users_mail_lower ON users (lower(mail))")


def downgrade() -> None:
    op.drop_index("users_mail_lower", "users")
