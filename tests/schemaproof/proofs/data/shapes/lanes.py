"""A history in lanes: what belongs to some tables, revision by revision, so that a part of it is a history too."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from schemaproof.project.subject import Subject
from tests.schemaproof.migration.waits import ASYNC_ENV

_SYNC_ENV = """
from alembic import context
from sqlalchemy import NullPool, engine_from_config

engine = engine_from_config(context.config.get_section("alembic"), poolclass=NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
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


def written(folder: Path, revisions: Sequence[tuple[str, Move]], driver: str) -> Subject:
    """The project of ``revisions`` in ``folder``; asynchronous for asyncpg."""
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/migrations\n")
    (versions.parent / "env.py").write_text(ASYNC_ENV if driver == "asyncpg" else _SYNC_ENV)
    below = None
    for revision, move in revisions:
        text = _REVISION.format(revision=revision, below=below, up=_calls(move.up), down=_calls(move.down))
        (versions / f"{revision}.py").write_text(text)
        below = revision
    return Subject(folder, driver=driver)


def _calls(statements: Sequence[str]) -> str:
    return "\n".join(_call(one) for one in statements)


def _call(statement: str) -> str:
    return f"    op.execute({statement!r})"


def changed(lane: Lane, number: int, place: int, statement: str | None) -> Lane:
    """``lane`` with another statement at ``place`` of its revision ``number``; None leaves it out."""
    move = lane.moves[number]
    up: Iterator[str] = (one if at != place else statement or "SELECT 1" for at, one in enumerate(move.up))
    moves = [*lane.moves]
    moves[number] = Move([*up], move.down)
    return Lane(lane.name, *moves)
