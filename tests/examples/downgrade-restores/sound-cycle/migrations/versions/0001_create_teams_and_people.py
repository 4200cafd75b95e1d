"""Create teams and people."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "teams",
        sa.Column("org", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("lead", sa.Integer),
        sa.Column("parent", sa.Integer),
        sa.ForeignKeyConstraint(["org", "parent"], ["teams.org", "teams.id"], name="fk_parent", deferrable=True),
    )
    op.create_table(
        "people",
        sa.Column("org", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("team", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(
            ["org", "team"], ["teams.org", "teams.id"], name="fk_team", deferrable=True, initially="DEFERRED"
        ),
    )
    op.create_foreign_key(
        "fk_lead", "teams", "people", ["org", "lead"], ["org", "id"], deferrable=True, initially="DEFERRED"
    )
    op.execute("INSERT INTO teams (org, id, lead) VALUES (1, 1, 1)")
    op.execute("INSERT INTO people (org, id, team) VALUES (1, 1, 1)")


def downgrade() -> None:
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")
    op.drop_constraint("fk_lead", "teams")
    op.drop_table("people")
    op.drop_table("teams")
