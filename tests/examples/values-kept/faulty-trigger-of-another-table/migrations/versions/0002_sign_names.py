"""Names begin with a sign."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("UPDATE members SET name = '@' || name")


def downgrade() -> None:
    op.execute("UPDATE members SET name = substr(name, 2)")
