"""Create members, each with a team of its own name."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "teams",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
    )
    op.create_table(
        "members",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("team_id", sa.BigInteger, sa.ForeignKey("teams.id"), index=True),
    )
    op.execute(
        "CREATE FUNCTION rename_team() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "UPDATE teams SET name = NEW.name WHERE id = NEW.team_id; RETURN NULL; END $$"
    )
    op.execute("CREATE TRIGGER members_name AFTER UPDATE ON members FOR EACH ROW EXECUTE FUNCTION rename_team()")
    op.execute(
        "CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "PERFORM pg_notify('teams', OLD.name); RETURN OLD; END $$"
    )
    op.execute("CREATE TRIGGER teams_tell BEFORE DELETE ON teams FOR EACH ROW EXECUTE FUNCTION tell()")


def downgrade() -> None:
    op.drop_table("members")
    op.drop_table("teams")
    op.execute("DROP FUNCTION rename_team()")
    op.execute("DROP FUNCTION tell()")
