"""Tenants have settings."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "writes-blocked", "reason": "there are a few hundred tenants"}]


def upgrade() -> None:
    op.create_table(
        "tenant_settings",
        sa.Column("tenant_id", sa.BigInteger, sa.ForeignKey("tenants.id"), primary_key=True, autoincrement=False),
        sa.Column("tier", sa.Text, nullable=False),
    )
    op.execute(
        "INSERT INTO tenant_settings (tenant_id, tier)"
        " SELECT tenants.id, plans.tier FROM tenants JOIN plans ON plans.id = tenants.plan_id"
    )


def downgrade() -> None:
    op.drop_table("tenant_settings")
