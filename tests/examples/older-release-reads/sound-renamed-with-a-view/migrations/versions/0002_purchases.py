"""Orders are purchases, and have a label."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.rename_table("orders", "purchases")
    op.alter_column("purchases", "title", new_column_name="label")
    op.execute("CREATE VIEW orders AS SELECT id, label AS title, state FROM purchases")


def downgrade() -> None:
    op.execute("DROP VIEW orders")
    op.alter_column("purchases", "label", new_column_name="title")
    op.rename_table("purchases", "orders")
