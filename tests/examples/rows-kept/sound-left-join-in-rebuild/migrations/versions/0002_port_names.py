"""Ships know the name of their port."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

schemaproof_allow = [{"check": "older-release-writes", "reason": "Ships are inserted with their ids."}]


def upgrade() -> None:
    op.create_table(
        "ships_new",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("port", sa.Text),
    )
    op.execute(
        "INSERT INTO ships_new (id, name, port) SELECT s.id, s.name, p.name FROM ships s LEFT JOIN ports "
        "p ON p.id = s.port_id"
    )
    op.drop_table("ships")
    op.rename_table("ships_new", "ships")
    op.execute("ALTER INDEX ships_new_pkey RENAME TO ships_pkey")


def downgrade() -> None:
    op.rename_table("ships", "ships_old")
    op.execute("ALTER INDEX ships_pkey RENAME TO ships_old_pkey")
    op.create_table(
        "ships",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("port_id", sa.BigInteger, sa.ForeignKey("ports.id"), index=True),
    )
    op.execute(
        "INSERT INTO ships (id, name, port_id) SELECT id, name, (SELECT min(ports.id) FROM ports WHERE "
        "ports.name = ships_old.port) FROM ships_old"
    )
    op.execute("SELECT setval(pg_get_serial_sequence('ships', 'id'), (SELECT max(id) FROM ships))")
    op.drop_table("ships_old")
