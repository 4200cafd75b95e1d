"""Create users."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("first_name", sa.Text, nullable=False),
        sa.Column("last_name", sa.Text),
    )
    op.execute("INSERT INTO users (first_name, last_name) VALUES ('Ann', 'Archer'), ('Bob', NULL)")


def downgrade() -> None:
    op.drop_table("users")
