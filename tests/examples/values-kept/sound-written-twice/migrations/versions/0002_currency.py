"""Sales have a currency."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "reads-blocked", "reason": "sales has a few thousand rows at most"}]


def upgrade() -> None:
    op.add_column("sales", sa.Column("currency", sa.Text))
    op.execute("UPDATE sales SET currency = 'USD' WHERE channel = 'export'")
    op.execute("UPDATE sales SET currency = 'EUR' WHERE currency IS NULL")


def downgrade() -> None:
    op.drop_column("sales", "currency")
