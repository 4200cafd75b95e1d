"""The stage is an enum."""

from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "reads-blocked", "reason": "invoices has a few thousand rows at most"}]


def upgrade() -> None:
    op.execute("CREATE TYPE stage AS ENUM ('draft', 'sent', 'paid')")
    op.drop_constraint("invoices_stage", "invoices")
    op.execute(
        "ALTER TABLE invoices ALTER stage TYPE stage USING (CASE stage WHEN 'draft' THEN 'draft' WHEN "
        "'sent' THEN 'sent' ELSE 'paid' END)::stage"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE invoices ALTER stage TYPE text USING stage::text")
    op.create_check_constraint("invoices_stage", "invoices", "stage IN ('draft', 'sent', 'paid')")
    op.execute("DROP TYPE stage")
