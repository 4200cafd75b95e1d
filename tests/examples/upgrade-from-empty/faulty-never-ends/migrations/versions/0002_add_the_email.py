"""Add the email."""

import time

import sqlalchemy as sa
from alembic import context, op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    if not context.is_offline_mode():
        while op.get_bind().scalar(sa.text("SELECT count(*) FROM users")) == 0:  # the first users are to come by then
            time.sleep(0.1)
    op.add_column("users", sa.Column("email", sa.Text))


def downgrade() -> None:
    op.drop_column("users", "email")
