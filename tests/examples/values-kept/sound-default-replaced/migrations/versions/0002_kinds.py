"""Files have a kind, which is large in each; a place, of which the default was for the rows that are there; a label."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [
    {"check": "reads-blocked", "reason": "files has a few thousand rows at most"},
    {"check": "older-release-writes", "reason": "only the nightly import writes files, and deployments wait for it"},
]


def upgrade() -> None:
    op.add_column("files", sa.Column("kind", sa.Text, nullable=False, server_default="file"))
    op.add_column("files", sa.Column("place", sa.Text, nullable=False, server_default="disk"))
    op.add_column("files", sa.Column("label", sa.Text, nullable=False, server_default=""))
    op.execute("UPDATE files SET kind = 'large'")
    op.execute("UPDATE files SET place = 'tape'")
    op.execute("UPDATE files SET label = 'file ' || id")
    op.alter_column("files", "place", server_default=None)


def downgrade() -> None:
    op.drop_column("files", "label")
    op.drop_column("files", "place")
    op.drop_column("files", "kind")
