"""Add the email."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("users", sa.Column("email", sa.Text))
    op.execute("CREATE ROLE example_used_reader")
    op.execute("GRANT SELECT ON users TO example_used_reader")


def downgrade() -> None:
    op.drop_column("users", "email")
    op.execute("DROP ROLE example_used_reader")
