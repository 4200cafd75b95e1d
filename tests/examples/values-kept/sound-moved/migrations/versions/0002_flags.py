"""Flags have a table of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

schemaproof_allow = [{"check": "older-release-writes", "reason": "The service is stopped while this is deployed."}]


def upgrade() -> None:
    op.create_table(
        "flags",
        sa.Column("ship_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("flag", sa.Text, nullable=False),
        sa.Column("port", sa.Text),
    )
    op.execute(
        "INSERT INTO flags (ship_id, flag, port) SELECT ships.id, ships.flag, ports.name FROM ships LEFT "
        "JOIN ports ON ports.id = ships.port_id"
    )
    op.drop_column("ships", "flag")


def downgrade() -> None:
    op.execute("ALTER TABLE ships ADD flag text")
    op.execute("UPDATE ships SET flag = coalesce((SELECT flag FROM flags WHERE ship_id = ships.id), '')")
    op.alter_column("ships", "flag", nullable=False)
    op.drop_table("flags")
