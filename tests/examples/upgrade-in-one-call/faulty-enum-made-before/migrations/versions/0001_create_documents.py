"""Create documents."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "documents",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.Enum("letter", "invoice", name="kind")),
    )


def downgrade() -> None:
    op.drop_table("documents")
    op.execute("DROP TYPE kind")
