"""Create it all."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("org", sa.Integer),
        sa.Column("boss", sa.Integer),
        sa.UniqueConstraint("org", "id", name="uq_org_id"),
        sa.ForeignKeyConstraint(["org", "boss"], ["users.org", "users.id"], name="fk_boss"),
    )


def downgrade() -> None:
    op.drop_table("users")
