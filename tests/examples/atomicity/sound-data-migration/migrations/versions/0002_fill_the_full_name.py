"""Fill the full name."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [
    {"check": "reads-blocked", "reason": "users has a few thousand rows at most"},
    {"check": "older-release-writes", "reason": "The service is stopped while this is deployed."},
]


def upgrade() -> None:
    op.add_column("users", sa.Column("full_name", sa.Text))
    op.execute("UPDATE users SET full_name = concat_ws(' ', first_name, last_name)")
    op.alter_column("users", "full_name", nullable=False)


def downgrade() -> None:
    op.drop_column("users", "full_name")
