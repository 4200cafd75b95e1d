"""Add the email."""

import sqlalchemy as sa
from alembic import op
from application import current

revision = "0002"
down_revision = "0001"

NARROW = current.get()["length"] < 40


def upgrade() -> None:
    op.add_column("users", sa.Column("email", sa.String(40) if NARROW else sa.Text))


def downgrade() -> None:
    op.drop_column("users", "email")
