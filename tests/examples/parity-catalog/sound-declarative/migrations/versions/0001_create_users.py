"""Create users."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=200), nullable=False),
        sa.Column(
            "state", sa.Enum("new", "old", name="state", native_enum=False, create_constraint=True), nullable=False
        ),
        sa.Column("boss_id", sa.Integer(), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("length(email) > 3", name=op.f("ck_users_email_length")),
        sa.ForeignKeyConstraint(["boss_id"], ["users.id"], name=op.f("fk_users_boss_id_users"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_index(op.f("ix_users_boss_id"), "users", ["boss_id"])
    op.create_index(
        "ix_users_lower_email", "users", [sa.text("lower(email) text_pattern_ops")], postgresql_include=["id"]
    )


def downgrade() -> None:
    op.drop_index("ix_users_lower_email", table_name="users", postgresql_include=["id"])
    op.drop_index(op.f("ix_users_boss_id"), table_name="users")
    op.drop_table("users")
