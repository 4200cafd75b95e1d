"""Lower the mails."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute(
        "UPDATE users SET mail = lower(mail) WHERE lower(mail) NOT IN"
        " (SELECT lower(mail) FROM users GROUP BY 1 HAVING count(*) > 1)"
    )


def downgrade() -> None:
    pass
