"""Merge accounts and invoices."""

revision = "c1"
down_revision = ("a2", "b2")


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
