"""Every user has a name."""

from alembic import op

revision = "0002"
down_revision = "0001"

schemaproof_allow = [{"check": "reads-blocked", "reason": "users has a few thousand rows at most"}]


def upgrade() -> None:
    op.execute(
        "DO $$ BEGIN"
        " IF EXISTS (SELECT FROM users WHERE name IS NULL) THEN RAISE EXCEPTION 'run the backfill first'; END IF;"
        " END $$"
    )
    op.alter_column("users", "name", nullable=False)


def downgrade() -> None:
    op.alter_column("users", "name", nullable=True)
