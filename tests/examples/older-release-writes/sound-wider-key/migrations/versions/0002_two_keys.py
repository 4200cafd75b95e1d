"""Settings have two keys."""

from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "reads-blocked", "reason": "settings has a few thousand rows at most"}]


def upgrade() -> None:
    op.create_unique_constraint("settings_both", "settings", ["id", "name"])


def downgrade() -> None:
    op.drop_constraint("settings_both", "settings")
