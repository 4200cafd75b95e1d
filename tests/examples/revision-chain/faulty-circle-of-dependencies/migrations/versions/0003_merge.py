"""Merge."""

revision = "0003"
down_revision = ("0002a", "0002b")


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
