"""Create countries."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "countries",
        sa.Column("name", sa.Text, primary_key=True),
    )
    op.execute("INSERT INTO countries VALUES ('Norway'), ('Peru')")


def downgrade() -> None:
    op.drop_table("countries")
