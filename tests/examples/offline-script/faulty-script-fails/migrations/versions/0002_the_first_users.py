"""The first users."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute(sa.table("users", sa.column("name", sa.Text)).insert().values(name="Ada"))


def downgrade() -> None:
    op.execute("DELETE FROM users WHERE name = 'Ada'")
