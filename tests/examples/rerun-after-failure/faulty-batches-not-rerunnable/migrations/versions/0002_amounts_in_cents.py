"""Amounts in cents."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for batch in range(3):
            op.execute(f"UPDATE payments SET amount = amount * 100 WHERE id % 3 = {batch}")


def downgrade() -> None:
    op.execute("UPDATE payments SET amount = amount / 100")
