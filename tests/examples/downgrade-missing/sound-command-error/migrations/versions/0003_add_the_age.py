"""Add the age."""

import sqlalchemy as sa
from alembic import op
from guards import irreversible

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("users", sa.Column("age", sa.Integer))


def downgrade() -> None:
    irreversible(revision)
