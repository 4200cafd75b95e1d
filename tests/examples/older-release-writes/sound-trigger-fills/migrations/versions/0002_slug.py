"""Orders have a slug."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "reads-blocked", "reason": "orders has a few thousand rows at most"}]


def upgrade() -> None:
    op.add_column("orders", sa.Column("slug", sa.Text))
    op.execute("UPDATE orders SET slug = lower(title)")
    op.alter_column("orders", "slug", nullable=False)
    op.execute(
        "CREATE FUNCTION fill_slug() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN new.slug := coalesce(new.slug, lower(new.title)); RETURN new; END'"
    )
    op.execute("CREATE TRIGGER fill_slug BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION fill_slug()")


def downgrade() -> None:
    op.execute("DROP TRIGGER fill_slug ON orders")
    op.execute("DROP FUNCTION fill_slug()")
    op.drop_column("orders", "slug")
