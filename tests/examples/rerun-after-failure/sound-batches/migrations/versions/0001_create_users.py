"""Create users."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(50), nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("email_lower", sa.Text),
    )
    op.execute(
        "INSERT INTO users (name, email)"
        " SELECT 'user ' || n, 'User' || n || '@example.org' FROM generate_series(1, 5) AS n"
    )


def downgrade() -> None:
    op.drop_table("users")
