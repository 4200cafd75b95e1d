"""Sum the orders."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("CREATE MATERIALIZED VIEW sums AS SELECT sum(total) AS total FROM orders")


def downgrade() -> None:
    op.execute("DROP MATERIALIZED VIEW sums")
