"""A step's job is its parent."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("steps", sa.Column("parent_id", sa.BigInteger, sa.ForeignKey("jobs.id", name="steps_parent_id_fkey")))
    op.create_index("ix_steps_parent_id", "steps", ["parent_id"])
    op.drop_column("steps", "job_id")


def downgrade() -> None:
    op.add_column("steps", sa.Column("job_id", sa.BigInteger, sa.ForeignKey("jobs.id", name="steps_job_id_fkey")))
    op.create_index("ix_steps_job_id", "steps", ["job_id"])
    op.drop_column("steps", "parent_id")
