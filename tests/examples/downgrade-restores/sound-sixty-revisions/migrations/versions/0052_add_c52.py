"""Add c52."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"


def upgrade() -> None:
    op.add_column("facts", sa.Column("c52", sa.Integer))


def downgrade() -> None:
    op.drop_column("facts", "c52")
