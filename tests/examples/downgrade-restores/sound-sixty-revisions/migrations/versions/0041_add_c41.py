"""Add c41."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c41", sa.Text))


def downgrade() -> None:
    op.drop_column("facts", "c41")
