"""Index the mood."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.create_index("ix_people_mood", "people", ["mood"], postgresql_concurrently=True)


def downgrade() -> None:
    op.drop_index("ix_people_mood", "people")
