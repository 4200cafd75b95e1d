"""Create addresses."""

from contextlib import suppress

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.exc import IntegrityError

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table("addresses", sa.Column("email", sa.Text, primary_key=True))
    if context.is_offline_mode():
        return
    bind = op.get_bind()
    for email in bind.scalars(sa.text("SELECT email FROM users ORDER BY id")).all():
        with suppress(IntegrityError), bind.begin_nested():  # two users may share an address
            bind.execute(sa.text("INSERT INTO addresses (email) VALUES (:email)"), {"email": email})


def downgrade() -> None:
    op.drop_table("addresses")
