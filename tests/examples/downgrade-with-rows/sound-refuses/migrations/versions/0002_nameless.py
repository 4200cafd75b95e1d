"""Users need no name."""

import sqlalchemy as sa
from alembic import context, op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.alter_column("users", "name", nullable=True)


def downgrade() -> None:
    if not context.is_offline_mode() and (
        nameless := op.get_bind().scalar(sa.text("SELECT count(*) FROM users WHERE name IS NULL"))
    ):
        raise RuntimeError(f"{nameless} users have no name: give them one, then roll back")
    op.alter_column("users", "name", nullable=False)
