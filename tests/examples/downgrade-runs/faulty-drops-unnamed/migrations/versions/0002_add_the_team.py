"""Add the team."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("users", sa.Column("team_id", sa.BigInteger))
    op.create_foreign_key(None, "users", "teams", ["team_id"], ["id"])
    op.create_index("ix_users_team_id", "users", ["team_id"])


def downgrade() -> None:
    op.drop_index("ix_users_team_id", "users")
    op.drop_constraint(None, "users", type_="foreignkey")
    op.drop_column("users", "team_id")
