"""Add c13."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c13", sa.Text))


def downgrade() -> None:
    op.drop_column("facts", "c13")
