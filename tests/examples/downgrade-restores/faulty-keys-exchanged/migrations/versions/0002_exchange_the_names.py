"""Exchange the names of the foreign keys; the downgrade forgets that."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("c", sa.Column("z", sa.Integer))
    op.drop_constraint("c_x_fkey", "c")
    op.drop_constraint("c_y_fkey", "c")
    op.create_foreign_key("c_x_fkey", "c", "a", ["a_id"], ["id"])
    op.create_foreign_key("c_y_fkey", "c", "b", ["b_id"], ["id"])


def downgrade() -> None:
    op.drop_column("c", "z")
