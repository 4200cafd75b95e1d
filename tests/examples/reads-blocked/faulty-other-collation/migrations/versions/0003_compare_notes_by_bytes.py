"""Compare notes by their bytes."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.alter_column("tokens", "note", type_=sa.Text(collation="C"))


def downgrade() -> None:
    op.alter_column("tokens", "note", type_=sa.Text(collation="default"))
