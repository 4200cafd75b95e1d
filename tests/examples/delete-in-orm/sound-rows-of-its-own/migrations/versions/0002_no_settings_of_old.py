"""The settings of the first days are gone."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("DROP TABLE old_setting")


def downgrade() -> None:
    op.execute("CREATE TABLE old_setting (name varchar NOT NULL PRIMARY KEY CHECK (md5(name) LIKE '8%'))")
