"""Each has a key."""

from alembic import op

revision = "0004"
down_revision = "0003"
schemaproof_allow = [
    {"check": "reads-blocked", "reason": "sightings has a few thousand rows at most"},
    {"check": "older-release-writes", "reason": "The release before sends the key already."},
]


def upgrade() -> None:
    op.alter_column("sightings", "key", nullable=False)


def downgrade() -> None:
    op.alter_column("sightings", "key", nullable=True)
