"""An address belongs to one user."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("DELETE FROM users a USING users b WHERE lower(a.mail) = lower(b.mail) AND a.id > b.id")
    op.create_index(
        "users_mail", "users", [sa.text("lower(mail)")], unique=True, postgresql_where=sa.text("deleted_at IS NULL")
    )


def downgrade() -> None:
    op.drop_index("users_mail", "users")
