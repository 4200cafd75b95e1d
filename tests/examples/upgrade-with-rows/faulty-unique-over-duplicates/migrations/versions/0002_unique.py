"""Names are unique."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_unique_constraint("users_name_key", "users", ["name"])


def downgrade() -> None:
    op.drop_constraint("users_name_key", "users")
