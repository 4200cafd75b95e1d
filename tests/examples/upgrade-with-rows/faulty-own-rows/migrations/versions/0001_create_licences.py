"""Create licences."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "licences",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("code", sa.Text, nullable=False),
        sa.CheckConstraint("right(code, 4) = left(md5(left(code, 6)), 4)", name="licences_code"),
    )


def downgrade() -> None:
    op.drop_table("licences")
