"""Merge."""

revision = "f"
down_revision = ("d", "e")


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
