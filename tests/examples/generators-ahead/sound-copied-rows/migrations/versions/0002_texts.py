"""Notes are texts."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "texts",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("body", sa.Text),
    )
    op.execute("INSERT INTO texts (id, body) SELECT id, body FROM notes")
    op.execute("SELECT setval(pg_get_serial_sequence('texts', 'id'), (SELECT max(id) FROM texts))")
    op.drop_table("notes")


def downgrade() -> None:
    op.create_table(
        "notes",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("body", sa.Text),
    )
    op.execute("INSERT INTO notes (id, body) SELECT id, body FROM texts")
    op.execute("SELECT setval(pg_get_serial_sequence('notes', 'id'), (SELECT max(id) FROM notes))")
    op.drop_table("texts")
