"""Names change places in one transaction."""

from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "reads-blocked", "reason": "settings has a few thousand rows at most"}]


def upgrade() -> None:
    op.drop_constraint("settings_name", "settings")
    op.create_unique_constraint("settings_name", "settings", ["name"], deferrable=True, initially="DEFERRED")


def downgrade() -> None:
    op.drop_constraint("settings_name", "settings")
    op.create_unique_constraint("settings_name", "settings", ["name"])
