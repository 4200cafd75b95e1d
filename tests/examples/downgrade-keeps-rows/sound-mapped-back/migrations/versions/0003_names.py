"""Every invoice gets the name of its stage."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("UPDATE invoices SET stage = CASE status WHEN 0 THEN 'draft' WHEN 1 THEN 'sent' ELSE 'paid' END")


def downgrade() -> None:
    op.execute("UPDATE invoices SET stage = 'draft'")
