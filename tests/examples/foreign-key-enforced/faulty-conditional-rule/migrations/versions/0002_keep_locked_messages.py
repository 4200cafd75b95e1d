"""Keep locked messages."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("CREATE RULE keep AS ON DELETE TO messages WHERE OLD.locked DO INSTEAD NOTHING")


def downgrade() -> None:
    op.execute("DROP RULE keep ON messages")
