"""Create documents again."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    sa.Enum("letter", "invoice", "memo", name="kind").create(op.get_bind())
    op.create_table(
        "documents",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", postgresql.ENUM("letter", "invoice", "memo", name="kind", create_type=False)),
    )


def downgrade() -> None:
    op.drop_table("documents")
    op.execute("DROP TYPE kind")
