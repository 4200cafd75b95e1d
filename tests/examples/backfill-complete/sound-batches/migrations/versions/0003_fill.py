"""Fill the keys."""

import sqlalchemy as sa
from alembic import context, op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    if context.is_offline_mode():
        op.execute("UPDATE sightings SET key = lower(species) WHERE key IS NULL")
        return
    batch = sa.text(
        "UPDATE sightings SET key = lower(species) WHERE id IN"
        " (SELECT id FROM sightings WHERE key IS NULL ORDER BY id LIMIT 2 FOR UPDATE SKIP LOCKED)"
    )
    with op.get_context().autocommit_block():
        while op.get_bind().execute(batch).rowcount:
            pass


def downgrade() -> None:
    pass
