"""Create it all."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE node (
            id integer NOT NULL PRIMARY KEY,
            node_id integer REFERENCES node ON DELETE CASCADE
        )
        """
    )
    op.execute("CREATE INDEX ix_node_node_id ON node (node_id)")


def downgrade() -> None:
    op.drop_table("node")
