"""Each user has settings."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("settings", sa.Column("user_name", sa.Text, nullable=False, server_default=""))
    op.drop_constraint("settings_name", "settings")
    op.create_unique_constraint("settings_of_user", "settings", ["user_name", "name"])


def downgrade() -> None:
    op.drop_constraint("settings_of_user", "settings")
    op.create_unique_constraint("settings_name", "settings", ["name"])
    op.drop_column("settings", "user_name")
