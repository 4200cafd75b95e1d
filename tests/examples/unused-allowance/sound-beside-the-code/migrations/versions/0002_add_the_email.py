"""Add the email."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

schemaproof_allow = [{"check": "downgrade-missing", "reason": "The addresses would be lost."}]


def upgrade() -> None:
    op.add_column("users", sa.Column("email", sa.Text))


def downgrade() -> None:
    pass
