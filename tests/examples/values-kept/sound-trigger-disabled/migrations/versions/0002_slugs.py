"""Articles have a slug."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "reads-blocked", "reason": "articles has a few thousand rows at most"}]


def upgrade() -> None:
    op.add_column("articles", sa.Column("slug", sa.Text))
    op.execute("ALTER TABLE articles DISABLE TRIGGER articles_touch")
    op.execute("UPDATE articles SET slug = lower(replace(title, ' ', '-'))")
    op.execute("ALTER TABLE articles ENABLE TRIGGER articles_touch")


def downgrade() -> None:
    op.drop_column("articles", "slug")
