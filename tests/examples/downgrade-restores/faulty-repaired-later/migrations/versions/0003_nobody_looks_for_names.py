"""Nobody looks for names."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.drop_index("ix_users_name", "users")


def downgrade() -> None:
    op.create_index("ix_users_name", "users", ["name"])
