"""Everybody sees their own row."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("ALTER TABLE users ENABLE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY own_row ON users USING (name = current_user)")


def downgrade() -> None:
    op.execute("DROP POLICY own_row ON users")
