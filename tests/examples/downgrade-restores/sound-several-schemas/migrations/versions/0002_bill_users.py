"""Bill users."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("CREATE SCHEMA billing")
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("plan", sa.Enum("free", "paid", name="plan", schema="billing"), nullable=False),
        schema="billing",
    )


def downgrade() -> None:
    op.drop_table("users", schema="billing")
    op.execute("DROP TYPE billing.plan")
    op.execute("DROP SCHEMA billing")
