"""Create it all."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("email", sa.Text),
        sa.Column("age", sa.Integer),
        sa.Column("boss", sa.Integer),
    )
    op.create_unique_constraint("users_email_key", "users", ["email"])
    op.create_foreign_key("users_boss_fkey", "users", "users", ["boss"], ["id"])
    op.create_check_constraint("users_age_check", "users", "age > 0")


def downgrade() -> None:
    op.drop_table("users")
