"""New sales have one."""

from alembic import op

revision = "0004"
down_revision = "0003"
schemaproof_allow = [{"check": "older-release-writes", "reason": "since 0002 the application sends a currency"}]


def upgrade() -> None:
    op.execute("ALTER TABLE sales ADD CONSTRAINT sales_currency_known CHECK (currency IS NOT NULL) NOT VALID")


def downgrade() -> None:
    op.drop_constraint("sales_currency_known", "sales")
