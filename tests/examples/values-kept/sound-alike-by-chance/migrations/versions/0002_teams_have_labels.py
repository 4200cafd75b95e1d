"""Labels may have more than one team."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "writes-blocked", "reason": "labels has a few hundred rows at most"}]


def upgrade() -> None:
    op.create_table(
        "label_teams",
        sa.Column("label_id", sa.BigInteger, sa.ForeignKey("labels.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("team", sa.Text, nullable=False),
        sa.Column("is_writable", sa.Boolean, nullable=False, server_default=sa.true()),
    )
    op.execute("INSERT INTO label_teams (label_id, team) SELECT id, team FROM labels")


def downgrade() -> None:
    op.drop_table("label_teams")
