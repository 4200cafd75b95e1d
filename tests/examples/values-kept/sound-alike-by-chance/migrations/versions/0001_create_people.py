"""Create labels and people."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "labels",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("team", sa.Text, nullable=False),
    )
    op.create_table(
        "people",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("email", sa.Text, nullable=False, unique=True),
        sa.Column("role", sa.Enum("guest", "member", "owner", "staff", name="role"), nullable=False),
        sa.Column("is_active", sa.Boolean, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("people")
    op.drop_table("labels")
    op.execute("DROP TYPE role")
