"""Add email and age."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("users", sa.Column("email", sa.Text))
    op.execute("COMMIT")  # release the lock on users
    op.add_column("users", sa.Column("age", sa.Integer))


def downgrade() -> None:
    op.drop_column("users", "age")
    op.drop_column("users", "email")
