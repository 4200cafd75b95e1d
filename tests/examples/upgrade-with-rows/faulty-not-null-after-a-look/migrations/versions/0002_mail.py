"""Users have an address."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    if "mail" in {one["name"] for one in sa.inspect(op.get_bind()).get_columns("users")}:
        return
    op.add_column("users", sa.Column("mail", sa.Text, nullable=False))


def downgrade() -> None:
    op.drop_column("users", "mail")
