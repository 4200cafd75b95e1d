"""Create users."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("CREATE TABLE users (id serial PRIMARY KEY)")


def downgrade() -> None:
    op.execute("DROP TABLE users")
