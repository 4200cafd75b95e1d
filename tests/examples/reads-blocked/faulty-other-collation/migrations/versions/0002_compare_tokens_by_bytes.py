"""Compare tokens by their bytes."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.alter_column("tokens", "token", type_=sa.Text(collation="C"))


def downgrade() -> None:
    op.alter_column("tokens", "token", type_=sa.Text(collation="default"))
