"""Lower the mails."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("UPDATE users SET mail = lower(mail)")


def downgrade() -> None:
    pass
