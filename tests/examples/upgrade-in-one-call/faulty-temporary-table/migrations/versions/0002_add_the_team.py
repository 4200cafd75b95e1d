"""Add the team."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("users", sa.Column("team", sa.Text))
    op.execute("UPDATE users SET team = teams.team FROM teams WHERE teams.user_id = users.id")


def downgrade() -> None:
    op.drop_column("users", "team")
