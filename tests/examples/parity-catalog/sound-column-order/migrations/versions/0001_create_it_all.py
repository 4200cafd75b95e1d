"""Create it all."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("email", sa.Text),
        sa.Column("id", sa.Integer),
        sa.Column("tenant", sa.Integer),
        sa.PrimaryKeyConstraint("tenant", "id"),
    )
    op.create_index("ix_users_email", "users", ["email", "tenant"])


def downgrade() -> None:
    op.drop_table("users")
