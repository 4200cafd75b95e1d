"""Add the email."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
<<<<<<< HEAD
    op.add_column("users", sa.Column("email", sa.Text))
=======
    op.add_column("users", sa.Column("mail", sa.Text))
>>>>>>> mail


def downgrade() -> None:
    op.drop_column("users", "email")
