"""Add the mood."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "reads-blocked", "reason": "users has a few thousand rows at most"}]

MOOD = postgresql.ENUM("sad", "ok", name="mood", create_type=False)
COLUMN = sa.Column("mood", MOOD)
CREATED = sa.Column("created", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())
TABLE = sa.table("users", sa.column("mood", MOOD))


def upgrade() -> None:
    op.execute("CREATE TYPE mood AS ENUM ('sad', 'ok')")
    op.add_column("users", COLUMN)
    op.add_column("users", CREATED)
    op.execute(TABLE.update().values(mood="ok"))


def downgrade() -> None:
    op.drop_column("users", CREATED.name)
    op.drop_column("users", COLUMN.name)
    op.execute("DROP TYPE mood")
