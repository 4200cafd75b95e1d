"""All sales are in euros; labels are cut, and channels that are known get their names."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("UPDATE sales SET currency = 'EUR'")
    op.execute("UPDATE sales SET label = left(label, 100)")
    op.execute("UPDATE sales SET channel = 'export' WHERE channel = 'x'")


def downgrade() -> None:
    pass
