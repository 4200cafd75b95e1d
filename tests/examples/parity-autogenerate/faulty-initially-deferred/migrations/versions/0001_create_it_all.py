"""Create it all."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("boss", sa.Integer),
        sa.ForeignKeyConstraint(["boss"], ["users.id"], name="fk_boss", deferrable=True, initially="DEFERRED"),
    )


def downgrade() -> None:
    op.drop_table("users")
