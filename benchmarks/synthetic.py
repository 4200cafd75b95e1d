"""Histories that are made to be measured: any number of revisions, each of which makes one table."""

import compileall
import contextlib
import hashlib
import io
import re
from collections.abc import Mapping
from pathlib import Path

from alembic import command
from alembic.config import Config

# Which of Alembic's templates env.py comes from, and with which driver it connects.
TEMPLATES = {"sync": ("generic", "psycopg"), "async": ("async", "asyncpg")}

COLUMNS = """
    sa.Column("id", sa.Integer(), nullable=False),
    sa.Column("name", sa.String(length=50), nullable=False),
    sa.Column("amount", sa.Integer(), nullable=True),
    sa.PrimaryKeyConstraint("id"),
"""

MODELS = """
import sqlalchemy as sa

metadata = sa.MetaData()
for number in range(1, {count} + 1):
    sa.Table(f"table_{{number:04}}", metadata, {columns})
"""

REVISION = '''
"""Table {number}."""

import sqlalchemy as sa
from alembic import op

revision = {revision!r}
down_revision = {below!r}
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("table_{number:04}", {columns})


def downgrade() -> None:
    op.drop_table("table_{number:04}")
'''


def write(project: Path, count: int, kind: str, edits: Mapping[str, str] | None = None) -> None:
    """Write a project of ``count`` revisions into the new folder ``project``.

    Args:
        project: the folder, with alembic.ini, models.py and migrations/ afterwards.
        count: how many revisions the history has.
        kind: "sync" or "async", that is: how env.py connects.
        edits: what is replaced in Alembic's own env.py besides its metadata; each text must be there once.

    The modules are compiled: whoever is measured first would otherwise do that for the others.
    """
    template, driver = TEMPLATES[kind]
    project.mkdir()
    with contextlib.chdir(project), contextlib.redirect_stdout(io.StringIO()):  # it tells every file
        command.init(Config("alembic.ini"), "migrations", template=template)
    migrations, ini = project / "migrations", project / "alembic.ini"
    url = f"sqlalchemy.url = postgresql+{driver}://localhost/synthetic"
    ini.write_text(re.sub(r"^sqlalchemy\.url = .*$", url, ini.read_text(), flags=re.MULTILINE))
    env = migrations / "env.py"
    metadata = {"target_metadata = None": "from models import metadata as target_metadata"}
    env.write_text(_edited(env.read_text(), metadata | dict(edits or {})))
    (project / "models.py").write_text(MODELS.format(count=count, columns=COLUMNS))
    for number in range(1, count + 1):
        below = _id(number - 1) if number > 1 else None
        text = REVISION.format(number=number, revision=_id(number), below=below, columns=COLUMNS)
        (migrations / "versions" / f"{_id(number)}_table_{number}.py").write_text(text)
    compileall.compile_dir(project, quiet=1)


def _id(number: int) -> str:
    """An id such as Alembic makes, the same in every run."""
    return hashlib.sha256(str(number).encode()).hexdigest()[:12]


def _edited(text: str, edits: Mapping[str, str]) -> str:
    for old, new in edits.items():
        if text.count(old) != 1:
            raise ValueError(f"Alembic's env.py has {old!r} {text.count(old)} times, not once")
        text = text.replace(old, new)
    return text
