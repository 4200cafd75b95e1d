"""Articles have no subtitle."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.drop_column("articles", "subtitle")


def downgrade() -> None:
    op.add_column("articles", sa.Column("subtitle", sa.Text))
