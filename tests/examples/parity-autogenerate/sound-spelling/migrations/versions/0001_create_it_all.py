"""Create it all."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("a", sa.VARCHAR(20), server_default=sa.text("'x'::varchar")),
        sa.Column("b", sa.Boolean, server_default="f", nullable=False),
        sa.Column("c", sa.Integer, server_default="-1"),
        sa.Column("d", sa.DECIMAL(10, 2), server_default=sa.text("0")),
        sa.Column("e", postgresql.ARRAY(sa.Text), server_default="{}"),
        sa.Column("f", sa.Double),
        sa.Column("g", sa.TIMESTAMP(timezone=True)),
        sa.Column("h", sa.Text, server_default=sa.text("'it''s'")),
        sa.Column("i", sa.REAL),
        sa.Column("j", postgresql.BYTEA),
    )


def downgrade() -> None:
    op.drop_table("users")
