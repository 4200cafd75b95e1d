"""Create it all."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table("users", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("CREATE VIEW user_ids AS SELECT id FROM users")
    op.execute("CREATE VIEW old_ids AS SELECT id FROM users")


def downgrade() -> None:
    op.execute("DROP VIEW old_ids, user_ids")
    op.drop_table("users")
