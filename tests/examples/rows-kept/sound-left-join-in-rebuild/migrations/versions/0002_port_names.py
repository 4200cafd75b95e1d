"""Ships know the name of their port."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute(
        "CREATE TABLE ships_new AS SELECT s.id, s.name, p.name AS port FROM ships s LEFT JOIN ports p ON "
        "p.id = s.port_id"
    )
    op.drop_table("ships")
    op.rename_table("ships_new", "ships")


def downgrade() -> None:
    op.execute("DROP TABLE ships")
    op.create_table(
        "ships",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("port_id", sa.BigInteger, sa.ForeignKey("ports.id"), index=True),
    )
