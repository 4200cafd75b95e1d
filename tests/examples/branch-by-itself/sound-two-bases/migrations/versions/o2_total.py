"""Orders have a total."""

import sqlalchemy as sa
from alembic import op

revision = "o2"
down_revision = "o1"


def upgrade() -> None:
    op.add_column("orders", sa.Column("total", sa.Integer))


def downgrade() -> None:
    op.drop_column("orders", "total")
