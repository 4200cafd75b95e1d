"""Add and index the email."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("users", sa.Column("email", sa.Text))
    op.execute("SAVEPOINT optional")
    try:
        op.execute("CREATE INDEX ix_users_email ON users (email)")
    except Exception as error:  # noqa: BLE001 (the fault that this example is about)
        op.execute("ROLLBACK TO SAVEPOINT optional")
        print(f"went on without the index: {error}")
    op.execute("RELEASE SAVEPOINT optional")


def downgrade() -> None:
    op.drop_index("ix_users_email", "users")
    op.drop_column("users", "email")
