"""The name is optional."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.alter_column("accounts", "name", nullable=True)


def downgrade() -> None:
    op.execute("UPDATE accounts SET name = '' WHERE name IS NULL")
    op.alter_column("accounts", "name", nullable=False)
