"""Steps belong to runs."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [{"check": "reads-blocked", "reason": "steps has a few thousand rows at most"}]


def upgrade() -> None:
    op.create_table("runs", sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True))
    op.add_column("steps", sa.Column("run_id", sa.BigInteger, sa.ForeignKey("runs.id", name="steps_run_id_fkey")))
    op.create_index("ix_steps_run_id", "steps", ["run_id"])
    op.drop_column("steps", "job_id")


def downgrade() -> None:
    op.add_column("steps", sa.Column("job_id", sa.BigInteger, sa.ForeignKey("jobs.id", name="steps_job_id_fkey")))
    op.create_index("ix_steps_job_id", "steps", ["job_id"])
    op.drop_column("steps", "run_id")
    op.drop_table("runs")
