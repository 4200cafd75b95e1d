"""Fill the email."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("UPDATE users SET email = name || '@example.org' WHERE email IS NULL")


def downgrade() -> None:
    pass
