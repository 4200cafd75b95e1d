"""Every sale has a currency."""

from alembic import op

revision = "0003"
down_revision = "0002"
schemaproof_allow = [
    {"check": "reads-blocked", "reason": "sales has a few thousand rows at most"},
    {"check": "older-release-writes", "reason": "The release before sends the currency already."},
]


def upgrade() -> None:
    op.alter_column("sales", "currency", nullable=False)


def downgrade() -> None:
    op.alter_column("sales", "currency", nullable=True)
