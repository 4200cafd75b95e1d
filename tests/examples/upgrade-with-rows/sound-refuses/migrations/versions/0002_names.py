"""Every user has a name."""

import sqlalchemy as sa
from alembic import context, op

revision = "0002"
down_revision = "0001"

schemaproof_allow = [{"check": "reads-blocked", "reason": "users has a few thousand rows at most"}]


def upgrade() -> None:
    if not context.is_offline_mode() and (
        nameless := op.get_bind().scalar(sa.text("SELECT count(*) FROM users WHERE name IS NULL"))
    ):
        raise RuntimeError(f"{nameless} users have no name: run scripts/backfill_names.py first")
    op.alter_column("users", "name", nullable=False)


def downgrade() -> None:
    op.alter_column("users", "name", nullable=True)
