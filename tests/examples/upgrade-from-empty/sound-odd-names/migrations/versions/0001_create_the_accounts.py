"""Create the accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        'User "Accounts" 100%',
        sa.Column("Id", sa.Integer, primary_key=True),
        sa.Column("größe :x", sa.Integer, server_default=sa.text("1")),
        sa.Column("select", sa.Text, server_default="50% of it's {all}"),
        sa.Column("n" * 63, sa.Text),
        sa.CheckConstraint('"Id" % 2 >= 0', name="größe > 0?"),
        comment="it's 100% %(odd)s",
    )
    op.create_index('ix "odd" %s', 'User "Accounts" 100%', ["select"])


def downgrade() -> None:
    op.drop_table('User "Accounts" 100%')
