"""Create lines."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "lines",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("amount", sa.Integer),
    )
    op.execute("INSERT INTO lines (amount) SELECT n FROM generate_series(1, 3000) n")
    op.create_index("ix_lines_amount", "lines", ["amount"])
    op.alter_column("lines", "amount", type_=sa.BigInteger, nullable=False)


def downgrade() -> None:
    op.drop_table("lines")
