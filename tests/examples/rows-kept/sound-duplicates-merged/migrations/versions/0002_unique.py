"""Names are unique."""

from alembic import op

revision = "0002"
down_revision = "0001"
schemaproof_allow = [
    {"check": "reads-blocked", "reason": "labels has a few thousand rows at most"},
    {"check": "older-release-writes", "reason": "The release before looks for the label first."},
]


def upgrade() -> None:
    op.execute(
        "UPDATE label_uses SET label_id = m.keep FROM (SELECT a.id, min(b.id) AS keep FROM labels a JOIN "
        "labels b ON b.name = a.name GROUP BY a.id) m WHERE m.id = label_uses.label_id"
    )
    op.execute("DELETE FROM labels AS a USING labels AS b WHERE a.name = b.name AND a.id > b.id")
    op.create_unique_constraint("labels_name_key", "labels", ["name"])


def downgrade() -> None:
    op.drop_constraint("labels_name_key", "labels")
