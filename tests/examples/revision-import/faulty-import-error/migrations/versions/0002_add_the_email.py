"""Add the email."""

import sqlalchemy as sa
from alembic import op
from models import EMAIL_LENGTH

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("users", sa.Column("email", sa.String(EMAIL_LENGTH)))


def downgrade() -> None:
    op.drop_column("users", "email")
