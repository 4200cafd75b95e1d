"""Add much."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("users", sa.Column("email", sa.Text))
    op.create_check_constraint("ck_users_name", "users", "name <> ''")
    op.create_index("ix_users_name", "users", ["name"])
    op.create_table("posts", sa.Column("id", sa.Integer, primary_key=True), sa.Column("title", sa.Text, unique=True))


def downgrade() -> None:
    op.drop_column("users", "email")
