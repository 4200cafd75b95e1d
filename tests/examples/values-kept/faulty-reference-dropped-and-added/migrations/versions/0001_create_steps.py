"""Create steps."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table("jobs", sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True))
    op.create_table(
        "steps",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("job_id", sa.BigInteger, sa.ForeignKey("jobs.id", name="steps_job_id_fkey"), index=True),
    )


def downgrade() -> None:
    op.drop_table("steps")
    op.drop_table("jobs")
