"""People are happy."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.alter_column("people", "mood", server_default="happy")


def downgrade() -> None:
    op.alter_column("people", "mood", server_default="ok")
