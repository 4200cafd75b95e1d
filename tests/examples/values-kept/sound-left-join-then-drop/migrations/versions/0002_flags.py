"""Copy flags into a table of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "writes-blocked", "reason": "ships has a few thousand rows at most"}]


def upgrade() -> None:
    op.create_table(
        "flags",
        sa.Column("ship_id", sa.BigInteger, sa.ForeignKey("ships.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("flag", sa.Text),
        sa.Column("port", sa.Text),
    )
    op.execute(
        "INSERT INTO flags (ship_id, flag, port) SELECT ships.id, ships.flag, ports.name FROM ships"
        " LEFT JOIN ports ON ports.id = ships.port_id"
    )


def downgrade() -> None:
    op.drop_table("flags")
