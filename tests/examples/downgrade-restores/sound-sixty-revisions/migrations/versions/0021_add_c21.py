"""Add c21."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c21", sa.Text))


def downgrade() -> None:
    op.drop_column("facts", "c21")
