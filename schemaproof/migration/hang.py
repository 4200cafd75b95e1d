"""A run of env.py that does not come to an end by itself: what it was doing, and what to do about it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from schemaproof.migration.evidence import cut
from schemaproof.migration.sessions import Session
from schemaproof.migration.stacks import place_line
from schemaproof.migration.waiting import Backend, Look, SelfWait

_HEADLINE = 70  # characters of a statement in one


@dataclass(frozen=True)
class Hang:
    """Why a run was ended.

    Attributes:
        kind: "itself" where it waits for a session of its own, "stalled" where nothing happened for too long.
        does: what it does, in words that go on after "The upgrade to 0002".
        evidence: what was seen.
        remedy: what to type.
        revision: whose code ran; None for env.py's own.
    """

    kind: Literal["itself", "stalled"]
    does: str
    evidence: str
    remedy: str
    revision: str | None = None

    @property
    def consequence(self) -> str:
        """What comes of it in production."""
        return (
            "The deployment never ends and reports nothing. The lock that the statement waits for is in the queue, and"
            " everybody who needs the table waits behind it."
            if self.kind == "itself"
            else "The deployment never ends, and keeps the locks that it has taken so far."
        )


class HangError(Exception):
    """What a run of env.py that was ended raises in place of what it raised then."""

    def __init__(self, hang: Hang) -> None:
        super().__init__(hang)
        self.hang = hang

    def __str__(self) -> str:
        where = f"Revision {self.hang.revision}" if self.hang.revision else "env.py"
        return f"{where} {self.hang.does}.\n{self.hang.evidence}"


def of_self_wait(wait: SelfWait, own: Sequence[Session], revision: str | None, project: Path) -> Hang:
    """The hang of a process with the sessions ``own`` that waits for itself in the code of ``revision``."""
    sessions = {one.pid: one for one in own}
    waiting, blocker = sessions[wait.waiting.pid], sessions[wait.blocker.pid]
    blocked, idle = _short(wait.waiting.query), wait.blocker.state
    advisory = wait.waiting.wait == "advisory"
    evidence = [
        _one_line(wait.waiting.query or waiting.statement),
        f"  waits for a lock ({wait.waiting.wait}){_sent(waiting, project)}",
        _one_line(wait.blocker.query or blocker.statement),
        f"  was the last statement of the session that holds it: another connection of this process, {idle}"
        f"{_sent(blocker, project)}",
        "Only this process could end that session's transaction, and it is waiting itself: a deadlock that PostgreSQL"
        " can't detect.",
    ]
    does = f"waits for itself: {blocked} waits forever for a second connection of the same process, {idle}"
    place = f" ({place_line(blocker.place, project).partition(': ')[0]})" if blocker.place else ""
    remedy = (
        f"Take the advisory lock once, on one connection, and release it there before another one asks for it{place}."
        if advisory
        else f"Run the other statement{place} on op.get_bind(), the migration's own connection, instead of an engine of"
        " your own; or end its transaction first: `session.commit()`, `connection.commit()` or `close()`."
    )
    if "CONCURRENTLY" in wait.waiting.query.upper():
        remedy = (
            f"Commit or close the other session{place} first: CONCURRENTLY waits for every open transaction, those of"
            " the migrating process included. In env.py, `connection.commit()` before the migrations run."
        )
    return Hang("itself", does, "\n".join(evidence), remedy, revision)


def of_stall(  # noqa: PLR0913, PLR0917 (all that is known)
    limit: float,
    look: Look | None,
    sessions: Sequence[Session],
    stack: Sequence[str],
    revision: str | None,
    project: Path,
) -> Hang:
    """The hang of a run in which nothing has happened for ``limit`` seconds."""
    own = {one.pid: one for one in sessions}
    backends = [one for one in look.backends.values() if one.pid in own] if look is not None else []
    running = next((one for one in backends if one.runs), None)
    at = (
        _short(running.query) if running is not None else (stack[-1] if stack else "code that is none of the project's")
    )
    evidence = [
        f"For {limit:g} s it sent no new statement, changed no row and began no revision.",
        *(["It was at these lines of the project, the innermost last:"] if stack else []),
        *(f"  {line}" for line in stack),
        *_sessions(backends, own, look, project),
    ]
    return Hang(
        "stalled",
        f"does not end: nothing happened for {limit:g} s, at {at}",
        "\n".join(evidence),
        "Give the wait a deadline: lock_timeout or statement_timeout for a statement, a maximum of attempts for a loop."
        " If it only needs longer, raise `--stall-timeout` (stall-timeout in [tool.schemaproof]).",
        revision,
    )


def _sessions(
    backends: Iterable[Backend], own: Mapping[int, Session], look: Look | None, project: Path
) -> Iterable[str]:
    for one in backends:
        wait = f" ({one.wait_type}: {one.wait})" if one.wait and one.runs else ""
        began = f" for {one.seconds:.0f} s" if one.runs else ""
        yield f"its session is {one.state}{wait}{began}: {_one_line(one.query)}"
        if own[one.pid].place is not None:
            yield f"  {_sent(own[one.pid], project).removeprefix(', ')}"
        for blocker in one.blockers:
            other = look.backends.get(blocker) if look is not None else None
            if other is not None:
                yield f"  it waits for a session that is {other.state}: {_one_line(other.query)}"


def _sent(session: Session, project: Path) -> str:
    return f", sent at {place_line(session.place, project)}" if session.place is not None else ""


def _one_line(statement: str) -> str:
    return cut(" ".join(statement.split()))


def _short(statement: str) -> str:
    text = " ".join(statement.split())
    return text if len(text) <= _HEADLINE else text[: _HEADLINE - 3] + "..."
