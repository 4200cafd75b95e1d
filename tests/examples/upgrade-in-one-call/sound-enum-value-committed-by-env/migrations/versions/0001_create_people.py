"""Create people."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "people",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("mood", sa.Enum("sad", "ok", name="mood"), server_default="ok", nullable=False),
    )


def downgrade() -> None:
    op.drop_table("people")
    op.execute("DROP TYPE mood")
