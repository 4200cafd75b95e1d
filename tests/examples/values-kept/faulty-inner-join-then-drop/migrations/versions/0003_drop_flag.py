"""Ships have their flags elsewhere now."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.drop_column("ships", "flag")


def downgrade() -> None:
    op.add_column("ships", sa.Column("flag", sa.Text))
    op.execute("UPDATE ships SET flag = flags.flag FROM flags WHERE flags.ship_id = ships.id")
