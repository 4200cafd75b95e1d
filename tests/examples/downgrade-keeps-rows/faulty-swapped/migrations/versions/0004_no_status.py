"""The number of the stage goes."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
schemaproof_allow = [{"check": "older-release-reads-dropped", "reason": "the release before it uses the names"}]


def upgrade() -> None:
    op.drop_column("invoices", "status")


def downgrade() -> None:
    op.add_column(
        "invoices",
        sa.Column("status", sa.Integer, sa.CheckConstraint("status IN (0, 1, 2)"), nullable=False, server_default="0"),
    )
    op.execute("UPDATE invoices SET status = CASE stage WHEN 'draft' THEN 0 WHEN 'sent' THEN 1 ELSE 2 END")
