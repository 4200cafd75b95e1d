"""Names in capitals."""

import sqlalchemy as sa
from alembic import context, op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("users", sa.Column("shout", sa.Text))
    connection = op.get_bind()
    users = [] if context.is_offline_mode() else connection.execute(sa.text("SELECT id FROM users")).all()
    for (user,) in users:
        connection.execute(sa.text("UPDATE users SET shout = upper(nam) WHERE id = :id"), {"id": user})


def downgrade() -> None:
    op.drop_column("users", "shout")
