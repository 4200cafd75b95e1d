from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.execute("COMMENT ON TABLE orders IS 'of users'")


def downgrade():
    op.execute("COMMENT ON TABLE orders IS NULL")
    op.drop_constraint("fk_orders_user", "orders")
    op.create_foreign_key("fk_orders_user", "orders", "users", ["user_id"], ["id"], ondelete="SET NULL")
