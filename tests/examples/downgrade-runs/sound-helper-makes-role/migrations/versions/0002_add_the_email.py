"""Add the email."""

import sqlalchemy as sa
from alembic import op
from helpers import admit_reader, dismiss_reader

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("users", sa.Column("email", sa.Text))
    admit_reader("users")


def downgrade() -> None:
    dismiss_reader("users")
    op.drop_column("users", "email")
