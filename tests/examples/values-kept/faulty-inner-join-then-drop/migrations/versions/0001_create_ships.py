"""Create ports and ships."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "ports", sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True), sa.Column("name", sa.Text)
    )
    op.create_table(
        "ships",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("port_id", sa.BigInteger, sa.ForeignKey("ports.id"), index=True),
        sa.Column("flag", sa.Text),
    )


def downgrade() -> None:
    op.drop_table("ships")
    op.drop_table("ports")
