"""Index the value."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("""
        DO $$
        BEGIN
            IF NOT EXISTS (SELECT FROM settings WHERE key = 'indexed') THEN
                CREATE INDEX ix_settings_value ON settings (value);
                INSERT INTO settings VALUES ('indexed', 'yes');
            END IF;
        END
        $$
    """)


def downgrade() -> None:
    op.drop_index("ix_settings_value", "settings")
