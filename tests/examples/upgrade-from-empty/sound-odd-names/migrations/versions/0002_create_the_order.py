"""Create the order."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute('CREATE SCHEMA "Größe S"')
    op.create_table(
        "Order",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("Account Id", sa.Integer),
        schema="Größe S",
    )
    op.create_foreign_key("fk to %", "Order", 'User "Accounts" 100%', ["Account Id"], ["Id"], source_schema="Größe S")


def downgrade() -> None:
    op.drop_table("Order", schema="Größe S")
    op.execute('DROP SCHEMA "Größe S"')
