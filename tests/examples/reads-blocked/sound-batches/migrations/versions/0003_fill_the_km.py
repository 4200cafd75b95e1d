"""Fill the km."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    batch = sa.text(
        "UPDATE orders SET km = metres / 1000.0"
        " WHERE id IN (SELECT id FROM orders WHERE km IS NULL ORDER BY id LIMIT 500)"
    )
    with op.get_context().autocommit_block():
        while not op.get_context().as_sql and op.get_bind().execute(batch).rowcount:
            pass


def downgrade() -> None:
    pass
