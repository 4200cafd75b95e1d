"""Create it all."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("CREATE TABLE address (id integer NOT NULL PRIMARY KEY)")
    op.execute(
        """
        CREATE TABLE customer (
            id integer NOT NULL PRIMARY KEY,
            address_id integer NOT NULL UNIQUE REFERENCES address ON DELETE RESTRICT
        )
        """
    )


def downgrade() -> None:
    op.drop_table("customer")
    op.drop_table("address")
