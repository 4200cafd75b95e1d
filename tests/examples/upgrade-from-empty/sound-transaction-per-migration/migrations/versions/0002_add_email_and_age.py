"""Add email and age."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("users", sa.Column("email", sa.Text), if_not_exists=True)
    with op.get_context().autocommit_block():
        # Where an earlier try was stopped, there is one that is not valid.
        op.drop_index("ix_users_email", "users", postgresql_concurrently=True, if_exists=True)
        op.create_index("ix_users_email", "users", ["email"], postgresql_concurrently=True)
    op.add_column("users", sa.Column("age", sa.Integer), if_not_exists=True)


def downgrade() -> None:
    op.drop_column("users", "age", if_exists=True)
    with op.get_context().autocommit_block():
        op.drop_index("ix_users_email", "users", postgresql_concurrently=True, if_exists=True)
    op.drop_column("users", "email", if_exists=True)
