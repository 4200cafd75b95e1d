"""Create notes, which tenants see their own of, and their tags."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "notes",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("tenant", sa.Text),
    )
    op.create_table(
        "tags",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("note_id", sa.BigInteger, sa.ForeignKey("notes.id"), nullable=False, index=True),
    )
    op.execute("ALTER TABLE notes ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE notes FORCE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY notes_tenant ON notes USING (tenant = current_setting('app.tenant', true))")


def downgrade() -> None:
    op.drop_table("tags")
    op.drop_table("notes")
