"""Create reports, which everybody may read."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "reports",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("title", sa.Text, nullable=False),
    )
    op.execute("GRANT SELECT ON reports TO PUBLIC")


def downgrade() -> None:
    op.drop_table("reports")
