"""Projects as ``alembic init`` makes them, with one revision."""

import contextlib
from pathlib import Path

from alembic.config import Config, main

from schemaproof.project.subject import Subject

# The driver that each of Alembic's templates needs.
DRIVERS = {"generic": "psycopg", "async": "asyncpg", "pyproject": "psycopg", "pyproject_async": "asyncpg"}
# Those that this Alembic has (pyproject from 1.16 on).
TEMPLATES = [name for name in DRIVERS if (Path(Config().get_template_directory()) / name).is_dir()]

MODELS = """\
from sqlalchemy import Column, Integer, MetaData, String, Table

metadata = MetaData()
users = Table("users", metadata, Column("id", Integer, primary_key=True), Column("name", String(50), nullable=False))
"""

REVISION = """\
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=50), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade() -> None:
    op.drop_table("users")
"""


def stock_project(folder: Path, template: str, *, models: bool = True) -> Subject:
    """``alembic init -t TEMPLATE migrations`` in ``folder``, and a first revision.

    With ``models``, env.py has the one edit that its own comment asks for: their metadata.
    """
    with contextlib.chdir(folder):
        main(["init", "--template", template, "migrations"])
    (folder / "migrations" / "versions" / "0001_create_users.py").write_text(REVISION)
    if models:
        (folder / "models.py").write_text(MODELS)
        env = folder / "migrations" / "env.py"
        text = env.read_text()
        edited = text.replace("target_metadata = None", "from models import metadata as target_metadata")
        assert edited != text
        env.write_text(edited)
    return Subject(folder)
