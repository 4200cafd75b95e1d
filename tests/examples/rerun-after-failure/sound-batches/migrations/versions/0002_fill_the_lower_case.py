"""Fill the lower case."""

import sqlalchemy as sa
from alembic import context, op

revision = "0002"
down_revision = "0001"

BATCH = """UPDATE users SET email_lower = lower(email)
WHERE id IN (SELECT id FROM users WHERE email_lower IS NULL ORDER BY id LIMIT 2)"""


def upgrade() -> None:
    with op.get_context().autocommit_block():
        if context.is_offline_mode():
            op.execute("UPDATE users SET email_lower = lower(email) WHERE email_lower IS NULL")
        else:
            while op.get_bind().execute(sa.text(BATCH)).rowcount:
                pass


def downgrade() -> None:
    op.execute("UPDATE users SET email_lower = NULL")
