"""Add the email."""

import sqlalchemy as sa
from alembic import op
from alembic.util import CommandError

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("users", sa.Column("email", sa.Text))


def downgrade() -> None:
    raise CommandError("0002 cannot be undone")
