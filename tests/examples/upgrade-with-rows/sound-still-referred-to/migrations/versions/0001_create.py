"""Create tenants and actions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table("tenants", sa.Column("id", sa.Text, primary_key=True))
    op.create_table(
        "actions",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("tenant_id", sa.Text, sa.ForeignKey("tenants.id"), nullable=False, index=True),
    )
    op.execute("INSERT INTO tenants VALUES ('system')")


def downgrade() -> None:
    op.drop_table("actions")
    op.drop_table("tenants")
