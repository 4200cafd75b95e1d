"""Every user has a name of its own, and an address."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [
    {"check": "reads-blocked", "reason": "users has a few thousand rows at most"},
    {"check": "older-release-writes", "reason": "The service is stopped while this is deployed."},
]


def upgrade() -> None:
    op.execute("UPDATE users SET name = 'user ' || id WHERE name IS NULL")
    op.execute(
        "UPDATE users SET name = name || ' ' || id"
        " WHERE name IN (SELECT name FROM users GROUP BY name HAVING count(*) > 1)"
    )
    op.alter_column("users", "name", nullable=False)
    op.create_unique_constraint("users_name_key", "users", ["name"])
    op.add_column("users", sa.Column("mail", sa.Text, nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("users", "mail")
    op.drop_constraint("users_name_key", "users")
    op.alter_column("users", "name", nullable=True)
