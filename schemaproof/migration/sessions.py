"""The subject's sessions on the server: which they are, what each was sent last, from where, and by whom.

PostgreSQL knows what a session waits for; only the process knows whether the one that uses it waits as well.
"""

import asyncio
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from sqlalchemy import Dialect

from schemaproof.migration.evidence import is_project_file

# A line of the project's code: its file, and its number.
type Place = tuple[str, int]


@dataclass(eq=False)
class Session:
    """One connection that the subject made.

    Attributes:
        pid: of its server process.
        blocks: whether who sends a statement by it waits in the thread, and not in an asyncio task.
        thread: the identifier of the thread that used it last.
        task: the asyncio task that did; None where none was running.
        statement: what was sent last through SQLAlchemy.
        place: the line of the project's code that sent it.
        revision: whose code that was.
        sent: how many statements were.
    """

    pid: int
    blocks: bool
    thread: int = field(default_factory=threading.get_ident)
    task: object = None
    statement: str = ""
    place: Place | None = None
    revision: str | None = None
    sent: int = 0

    def use(self, statement: str, revision: str | None) -> None:
        """Remember that ``statement`` is about to be sent, by the code that runs now."""
        self.thread, self.task = threading.get_ident(), _task()
        self.place, self.revision = place_of(sys._getframe(1)), revision
        self.statement = statement
        self.sent += 1


def made(dialect: Dialect, connection: Any) -> Session | None:
    """The session of the DBAPI's ``connection``; None where the driver does not tell its process."""
    driver = dialect.get_driver_connection(connection)
    pid = driver_pid(driver)
    return None if pid is None else Session(pid, not dialect.is_async, task=_task())


def driver_pid(driver: Any) -> int | None:
    """The pid of the server process that serves the ``driver``'s connection; None where it does not tell."""
    for name in ("get_server_pid", "get_backend_pid"):  # asyncpg; psycopg2
        if hasattr(driver, name):
            return int(getattr(driver, name)())
    pid = getattr(getattr(driver, "info", None), "backend_pid", None)  # psycopg
    return None if pid is None else int(pid)


def place_of(frame: FrameType | None) -> Place | None:
    """The innermost line of the project's code that led to ``frame``."""
    return next(places_of(frame), None)


def places_of(frame: FrameType | None) -> Iterator[Place]:
    """Those lines, the innermost first, on this side of a greenlet and beyond."""
    greenlet = None
    while True:
        while frame is not None:
            if is_project_file(frame.f_code.co_filename):
                yield frame.f_code.co_filename, frame.f_lineno
            frame = frame.f_back
        greenlet = _outer(greenlet)  # SQLAlchemy's asyncio runs its synchronous part in one
        if greenlet is None:
            return
        frame = greenlet.gr_frame


def _outer(inner: Any) -> Any:
    module = sys.modules.get("greenlet")
    if module is None:
        return None
    return module.getcurrent().parent if inner is None else inner.parent


def _task() -> object:
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None
