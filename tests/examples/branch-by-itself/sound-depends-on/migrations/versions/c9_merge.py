"""Merge."""

revision = "c9_merge"
down_revision = ("a3_invoices", "b7_clients")


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
