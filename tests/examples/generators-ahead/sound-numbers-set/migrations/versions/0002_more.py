"""One more."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("INSERT INTO kinds (id, name) VALUES (3, 'pallet')")
    op.execute("SELECT setval('kinds_id_seq', (SELECT max(id) FROM kinds))")


def downgrade() -> None:
    op.execute("DELETE FROM kinds WHERE id = 3")
