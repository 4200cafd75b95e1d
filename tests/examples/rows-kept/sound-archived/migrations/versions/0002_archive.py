"""Old sessions go elsewhere."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "old_sessions",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("token", sa.Text),
        sa.Column("ends_on", sa.Date),
    )
    op.execute("INSERT INTO old_sessions SELECT * FROM sessions")
    op.execute("DELETE FROM sessions")


def downgrade() -> None:
    op.execute("INSERT INTO sessions SELECT * FROM old_sessions")
    op.drop_table("old_sessions")
