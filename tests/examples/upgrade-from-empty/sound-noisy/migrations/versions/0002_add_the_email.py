"""Add the email."""

import sys
import warnings

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    print("adding the email")
    sys.stderr.write("adding the email\n")
    warnings.warn("the email is added", stacklevel=1)
    op.add_column("users", sa.Column("email", sa.Text))


def downgrade() -> None:
    print("removing the email")
    op.drop_column("users", "email")
