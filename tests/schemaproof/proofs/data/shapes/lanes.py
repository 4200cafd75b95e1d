"""A history in lanes: what belongs to some tables, revision by revision, so that a part of it is a history too."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from schemaproof.project.subject import Subject

# A transaction a revision, no wait for a lock without end, and a script for who wants to read it first.
_SYNC_ENV = """
from alembic import context
from sqlalchemy import NullPool, create_engine

url = context.config.get_main_option("sqlalchemy.url")


def migrate(**target):
    context.configure(**target, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    migrate(url=url, literal_binds=True, dialect_opts={"paramstyle": "named"})
else:
    engine = create_engine(url, poolclass=NullPool, connect_args={"options": "-c lock_timeout=4s"})
    with engine.connect() as connection:
        migrate(connection=connection)
"""
_ASYNC_ENV = """
import asyncio
from alembic import context
from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import create_async_engine

url = context.config.get_main_option("sqlalchemy.url")


def migrate(connection=None, **target):
    context.configure(connection=connection, **target, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


async def connected():
    settings = {"server_settings": {"lock_timeout": "4s"}}
    engine = create_async_engine(url, poolclass=NullPool, connect_args=settings)
    async with engine.connect() as connection:
        await connection.run_sync(migrate)


if context.is_offline_mode():
    migrate(url=url, literal_binds=True, dialect_opts={"paramstyle": "named"})
else:
    asyncio.run(connected())
"""
_REVISION = """
from alembic import op

revision = {revision!r}
down_revision = {below!r}


def upgrade():
{up}


def downgrade():
{down}
"""


# Of a team that stops the application for a deployment.
STOPPED = """
[[tool.schemaproof.allow]]
check = "reads-blocked"
reason = "deployments stop the application: nobody waits"

[[tool.schemaproof.allow]]
check = "writes-blocked"
reason = "deployments stop the application: nobody waits"

[[tool.schemaproof.allow]]
check = "older-release-reads"
reason = "deployments stop the application: no older release meets a newer schema"

[[tool.schemaproof.allow]]
check = "older-release-writes"
reason = "deployments stop the application: no older release meets a newer schema"
"""


class Apart(str):
    """A statement that runs outside of the revision's transaction."""

    __slots__ = ()


@dataclass(frozen=True)
class Move:
    """One revision: the statements that it sends, a call of op.execute() each, and those that take it back."""

    up: Sequence[str]
    down: Sequence[str]


@dataclass(frozen=True)
class Lane:
    """The revisions that belong together, in order; the first of them makes the tables."""

    name: str
    moves: tuple[Move, ...]

    def __init__(self, name: str, *moves: Move) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "moves", moves)


class Place(NamedTuple):
    """One statement of a lane: of which revision, on which way, the how manieth."""

    move: int
    way: Literal["up", "down"]
    statement: int

    def __str__(self) -> str:
        return f"{self.move}.{self.way}.{self.statement}"


def together(first: Sequence[Move], lanes: Sequence[Lane]) -> list[tuple[str, Move]]:
    """The revisions of all lanes as they were written: each lane's first, then each lane's second, ..., with names."""
    longest = max(len(lane.moves) for lane in lanes)
    rounds = [
        (f"{lane.name}_{number}", lane.moves[number])
        for number in range(longest)
        for lane in lanes
        if number < len(lane.moves)
    ]
    return [*((f"base_{number}", move) for number, move in enumerate(first)), *rounds]


def written(folder: Path, revisions: Sequence[tuple[str, Move]], driver: str, settings: str = "") -> Subject:
    """The project of ``revisions`` in ``folder``, with ``settings`` of its team; asynchronous for asyncpg."""
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/migrations\n")
    (folder / "pyproject.toml").write_text(f'[tool.schemaproof]\ndriver = "{driver}"\n{settings}')
    (versions.parent / "env.py").write_text(_ASYNC_ENV if driver == "asyncpg" else _SYNC_ENV)
    below = None
    for revision, move in revisions:
        text = _REVISION.format(revision=revision, below=below, up=_calls(move.up), down=_calls(move.down))
        (versions / f"{revision}.py").write_text(text)
        below = revision
    return Subject(folder, driver=driver)


def _calls(statements: Sequence[str]) -> str:
    return "\n".join(_call(one) for one in statements) or "    pass"


def _call(statement: str) -> str:
    if isinstance(statement, Apart):
        return f"    with op.get_context().autocommit_block():\n        op.execute({str(statement)!r})"
    return f"    op.execute({statement!r})"


def changed(lane: Lane, place: Place, statement: str | None) -> Lane:
    """``lane`` with another statement at ``place``; None leaves it out."""
    move = lane.moves[place.move]
    ways = {"up": [*move.up], "down": [*move.down]}
    was = ways[place.way][place.statement]
    ways[place.way][place.statement] = type(was)(statement or "SELECT 1")
    moves = [*lane.moves]
    moves[place.move] = Move(**ways)
    return Lane(lane.name, *moves)
