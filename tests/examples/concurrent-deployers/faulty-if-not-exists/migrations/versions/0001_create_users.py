"""Create users."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("CREATE TABLE IF NOT EXISTS users (id serial PRIMARY KEY, name varchar(50) NOT NULL)")


def downgrade() -> None:
    op.drop_table("users")
