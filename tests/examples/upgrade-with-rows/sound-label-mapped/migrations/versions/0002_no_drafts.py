"""No drafts any more."""

from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [
    {"check": "reads-blocked", "reason": "invoices has a few thousand rows at most"},
    {"check": "older-release-writes", "reason": "The service is stopped while this is deployed."},
]


def upgrade() -> None:
    op.execute("UPDATE invoices SET stage = 'sent' WHERE stage = 'draft'")
    op.execute("ALTER TYPE stage RENAME TO stage_before")
    op.execute("CREATE TYPE stage AS ENUM ('sent', 'paid')")
    op.execute("ALTER TABLE invoices ALTER stage TYPE stage USING stage::text::stage")
    op.execute("DROP TYPE stage_before")


def downgrade() -> None:
    op.execute("ALTER TYPE stage RENAME TO stage_before")
    op.execute("CREATE TYPE stage AS ENUM ('draft', 'sent', 'paid')")
    op.execute("ALTER TABLE invoices ALTER stage TYPE stage USING stage::text::stage")
    op.execute("DROP TYPE stage_before")
