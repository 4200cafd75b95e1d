"""Create it all."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("age", sa.Integer),
        sa.Column("state", sa.String(10)),
        sa.Column("next", sa.Integer, sa.Computed("(age+1)", persisted=True)),
        sa.CheckConstraint("((age>=0) and (age<150))", name="ck_age"),
        sa.CheckConstraint("(state) in ('a','b')", name="ck_state"),
    )
    op.create_index("ix_users_age", "users", ["age"], postgresql_where=sa.text("((age IS NOT NULL) AND (age > 1))"))


def downgrade() -> None:
    op.drop_table("users")
