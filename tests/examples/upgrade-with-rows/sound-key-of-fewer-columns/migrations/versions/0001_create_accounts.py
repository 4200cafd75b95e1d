"""Create accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.UniqueConstraint("provider", "number", "owner", name="accounts_key"),
    )


def downgrade() -> None:
    op.drop_table("accounts")
