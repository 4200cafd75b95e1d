"""Add c54."""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c54", sa.Boolean))


def downgrade() -> None:
    op.drop_column("facts", "c54")
