"""Add the email."""

import os

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.util import await_only

revision = "0002"
down_revision = "0001"


sessions = []


async def count() -> None:
    connection = await create_async_engine(os.environ["DATABASE_URL"]).connect()
    sessions.append(connection)
    print(await connection.scalar(sa.text("SELECT count(*) FROM users")), "users get an email")


def upgrade() -> None:
    if not context.is_offline_mode():
        await_only(count())
    op.add_column("users", sa.Column("email", sa.Text))


def downgrade() -> None:
    op.drop_column("users", "email")
