"""Names may be longer."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.alter_column("users", "name", type_=sa.String(200))


def downgrade() -> None:
    op.alter_column("users", "name", type_=sa.String(100))
