"""Add the email."""

import sqlalchemy as sa
from alembic import op
from lengths import EMAIL

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("users", sa.Column("email", sa.Text(EMAIL)))


def downgrade() -> None:
    op.drop_column("users", "email")
