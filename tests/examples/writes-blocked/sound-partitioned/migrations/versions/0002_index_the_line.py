"""Index the line."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("DROP INDEX IF EXISTS ix_logs_line")  # left by an attempt that failed
    op.execute("CREATE INDEX ix_logs_line ON ONLY logs USING btree (line)")
    with op.get_context().autocommit_block():
        for partition, index in [("logs_new", "logs_new_line_idx"), ("logs_old", "logs_old_line_idx")]:
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {index}")
            op.execute(f"CREATE INDEX CONCURRENTLY {index} ON {partition} USING btree (line)")
            op.execute(f"ALTER INDEX ix_logs_line ATTACH PARTITION {index}")


def downgrade() -> None:
    op.drop_index("ix_logs_line", "logs")
