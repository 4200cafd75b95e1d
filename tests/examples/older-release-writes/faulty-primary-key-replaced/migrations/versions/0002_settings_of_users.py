"""Each user has settings."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("settings", sa.Column("user_name", sa.Text, nullable=False, server_default=""))
    op.drop_constraint("settings_pkey", "settings")
    op.create_primary_key("settings_pkey", "settings", ["user_name", "name"])


def downgrade() -> None:
    op.drop_constraint("settings_pkey", "settings")
    op.create_primary_key("settings_pkey", "settings", ["name"])
    op.drop_column("settings", "user_name")
