"""Users have the number that the directory knows them by."""

import urllib.request

import sqlalchemy as sa
from alembic import context, op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("users", sa.Column("number", sa.Integer))
    if context.is_offline_mode():
        return
    connection = op.get_bind()
    for (user,) in connection.execute(sa.text("SELECT id FROM users")).all():
        with urllib.request.urlopen(f"http://127.0.0.1:9/users/{user}") as answer:
            connection.execute(
                sa.text("UPDATE users SET number = :number WHERE id = :id"), {"number": int(answer.read()), "id": user}
            )


def downgrade() -> None:
    op.drop_column("users", "number")
