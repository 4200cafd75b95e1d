"""Fill."""

from alembic import op

revision = "0003"
down_revision = "0002"
schemaproof_allow = [{"check": "reads-blocked", "reason": "users has a few thousand rows at most"}]


def upgrade() -> None:
    op.execute("UPDATE users SET full_name = name WHERE full_name IS NULL")


def downgrade() -> None:
    pass
