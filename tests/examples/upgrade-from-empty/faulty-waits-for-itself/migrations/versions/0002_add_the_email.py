"""Add the email."""

import appdb
import sqlalchemy as sa
from alembic import context, op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    if not context.is_offline_mode():
        session = appdb.session()
        print(session.scalar(sa.text("SELECT count(*) FROM users")), "users get an email")
    op.add_column("users", sa.Column("email", sa.Text))


def downgrade() -> None:
    op.drop_column("users", "email")
