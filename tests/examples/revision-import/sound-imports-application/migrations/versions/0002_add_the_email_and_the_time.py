"""Add the email and the time."""

import logging
import warnings

import sqlalchemy as sa
from alembic import op
from models import EMAIL_LENGTH

from migrations.helpers import created_at

revision = "0002"
down_revision = "0001"

print("revision 0002 is imported")
logging.getLogger(__name__).warning("revision 0002 is imported")
warnings.warn("revision 0002 is imported", DeprecationWarning, stacklevel=1)


def upgrade() -> None:
    op.add_column("users", sa.Column("email", sa.String(EMAIL_LENGTH)))
    op.add_column("users", created_at())


def downgrade() -> None:
    op.drop_column("users", "created_at")
    op.drop_column("users", "email")
