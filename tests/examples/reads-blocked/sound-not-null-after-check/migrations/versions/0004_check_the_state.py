"""Check the state."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("ALTER TABLE orders VALIDATE CONSTRAINT state_there")


def downgrade() -> None:
    pass
