"""Create teams and tags."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

NAMES = (name for name in ("teams", "tags"))


def upgrade() -> None:
    for name in NAMES:
        op.create_table(name, sa.Column("id", sa.Integer, primary_key=True))


def downgrade() -> None:
    op.drop_table("tags")
    op.drop_table("teams")
