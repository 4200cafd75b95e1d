"""Members of several teams."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("members", sa.Column("team", sa.Integer, nullable=False))
    op.drop_constraint("members_pkey", "members")
    op.create_primary_key("members_pkey", "members", ["id", "team"])


def downgrade() -> None:
    op.drop_constraint("members_pkey", "members")
    op.drop_column("members", "team")
