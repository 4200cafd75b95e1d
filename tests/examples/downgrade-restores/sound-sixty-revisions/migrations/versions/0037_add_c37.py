"""Add c37."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c37", sa.Text))


def downgrade() -> None:
    op.drop_column("facts", "c37")
