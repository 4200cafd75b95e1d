"""Small Alembic projects of plain SQL, made for one test each."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from schemaproof.project.subject import Subject

ENV = """
from alembic import context
from sqlalchemy import NullPool, engine_from_config

config = context.config
OPTIONS = {options}
if context.is_offline_mode():
    context.configure(dialect_name="postgresql", literal_binds=True, **OPTIONS)
    with context.begin_transaction():
        context.run_migrations()
else:
    engine = engine_from_config(config.get_section("alembic"), poolclass=NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, **OPTIONS)
        with context.begin_transaction():
            context.run_migrations()
"""

REVISION = """
from alembic import op

revision = {revision!r}
down_revision = {below!r}


def upgrade():
    op.execute({up!r})


def downgrade():
    op.execute({down!r})
"""


@dataclass(frozen=True)
class Step:
    """A revision's SQL."""

    up: str
    down: str = "SELECT 1"


def table(name: str) -> Step:
    """A revision that makes a table, and takes it back."""
    return Step(f"CREATE TABLE {name} (id int PRIMARY KEY)", f"DROP TABLE {name}")


def make_project(folder: Path, steps: Sequence[Step], *, env: str = ENV, options: str = "{}") -> Subject:
    """A project in ``folder`` with the revisions "0001", "0002", ... of ``steps``."""
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/migrations\n")
    (versions.parent / "env.py").write_text(env.replace("{options}", options))
    below = None
    for number, step in enumerate(steps, 1):
        revision = f"{number:04}"
        text = REVISION.format(revision=revision, below=below, up=step.up, down=step.down)
        (versions / f"{revision}.py").write_text(text)
        below = revision
    return Subject(folder, driver="psycopg")
