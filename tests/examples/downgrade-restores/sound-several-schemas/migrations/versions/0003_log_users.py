"""Log users."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("CREATE SCHEMA audit")
    op.create_table(
        "log",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("billing.users.id")),
        schema="audit",
    )


def downgrade() -> None:
    op.drop_table("log", schema="audit")
    op.execute("DROP SCHEMA audit")
