"""No release reads orders any more."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("DROP VIEW orders")


def downgrade() -> None:
    op.execute("CREATE VIEW orders AS SELECT id, label AS title, state FROM purchases")
