"""Two sessions of one database whose steps are taken in every order that there is.

A session is a script in a thread of its own, which stops before each step. One step of one session is let go at a time,
and the next one when it is over or waits for a lock that the other session holds: the lock is seen in the server, so
the order is the same whatever the machine is busy with. A session that waits goes on when what it waits for ends.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import psycopg
from sqlalchemy.exc import DBAPIError

type Connection = psycopg.Connection[Any]
type Gate = Callable[[str], None]
type Script = Callable[[Gate], None]
type _Choice = tuple[int, tuple[int, ...]]  # who went on, and who could have

DEADLOCK = "40P01"
HUNG = "57014"  # a statement that the net below has ended
OTHER = "other"  # in place of a SQLSTATE: what is no error of the server's

# A session waits so long for a lock that nobody is seen to hold, before the server ends it.
PATIENCE = 10  # seconds

# A step is mostly over sooner; then nobody asks the server whether it waits.
_LOOK = 0.0007  # seconds
_WAITS = "SELECT %s = ANY (pg_blocking_pids(%s))"


@dataclass(frozen=True)
class End:
    """How a session's script ended.

    Attributes:
        state: "" where it came to its end; otherwise the SQLSTATE of what ended it, or ``OTHER``.
        why: the error, in the words of who raised it.
    """

    state: str = ""
    why: str = ""


@dataclass(frozen=True)
class Step:
    """One step: whose it is (0 or 1), what it is, and whether it waited for the other session."""

    session: int
    what: str
    waited: bool = False


@dataclass(frozen=True)
class Course:
    """What became of one order of the steps.

    Attributes:
        steps: in the order in which they began.
        ends: of both sessions.
    """

    steps: tuple[Step, ...]
    ends: tuple[End, End]

    @property
    def serial(self) -> bool:
        """Whether one session was at its end before the other one began."""
        order = [step.session for step in self.steps]
        return sum(one != other for one, other in pairwise(order)) <= 1

    def lines(self, names: Sequence[str]) -> Iterator[str]:
        """A line for each step and one for each end that is an error, ``names`` being those of the sessions."""
        width = max(map(len, names))
        for step in self.steps:
            yield f"{names[step.session]:{width}}  {step.what}{'  (waits)' if step.waited else ''}"
        for name, end in zip(names, self.ends, strict=True):
            if end.state:
                yield f"{name:{width}}  fails: {end.why}"


@dataclass
class Session:
    """A connection, and what is done by it.

    Attributes:
        connection: psycopg's, not in autocommit mode, with no transaction begun; used by the script's thread alone.
        script: is called with the gate, and calls that with the name of each step before it takes it. What is left of
            its transaction is rolled back.
    """

    connection: Connection
    script: Script


class _AbandonedError(BaseException):
    """The schedule is given up; the script ends where it is."""


@dataclass
class _Thread:
    """A session's script, as far as it has come; ``settled`` is set while it stands at its gate, and at its end."""

    session: Session
    go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    settled: threading.Event = field(default_factory=threading.Event)
    next: str = ""
    end: End | None = None
    error: BaseException | None = None  # one that says nothing about the subject
    abandoned: bool = False
    hurry: bool = False
    thread: threading.Thread | None = None

    def start(self) -> None:
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        self.settled.wait()

    def _run(self) -> None:
        try:
            self.session.script(self._gate)
            self.session.connection.rollback()
            self.end = End()
        except _AbandonedError:
            self.end = End(OTHER, "given up")
        except Exception as error:  # noqa: BLE001 (it is the outcome)
            self._fail(error)
        finally:
            self.settled.set()

    def _fail(self, error: Exception) -> None:
        try:
            self.session.connection.rollback()
        except psycopg.Error as lost:
            self.error = lost
        self.end = end_of(error)

    def _gate(self, what: str) -> None:
        self.next = what
        self.settled.set()
        self.go.acquire()
        if self.abandoned:
            raise _AbandonedError
        if self.hurry:
            self.session.connection.execute("SET LOCAL deadlock_timeout = '1ms'")

    def release(self, *, hurry: bool) -> str:
        """Let the next step go, and say what it is."""
        self.hurry = hurry
        self.settled.clear()
        self.go.release()
        return self.next


def end_of(error: Exception) -> End:
    """How a script ended that raised ``error``."""
    original = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(original, psycopg.Error):
        return End(original.sqlstate or OTHER, original.diag.message_primary or str(original))
    return End(OTHER, f"{type(error).__name__}: {error}".split("\n", maxsplit=1)[0])


class Interleaving:
    """Takes the steps of two sessions in any order.

    Of a deadlock the victim is always the session that closes the circle: the one that waits already has looked for a
    deadlock, or will do so much later (``deadlock_timeout``; where the role may not set it, the server's own decides,
    and who is the victim is left to chance).

    Args:
        observer: in autocommit mode, used for nothing else meanwhile.
        sessions: two.
        patience: seconds after which the server ends a statement, which then counts as ``HUNG``.
    """

    def __init__(self, observer: Connection, sessions: tuple[Session, Session], *, patience: float = PATIENCE) -> None:
        self._observer = observer
        self._sessions = sessions
        self._pids = [one.connection.info.backend_pid for one in sessions]
        self._patience = patience
        self.quick = self._prepare()

    def _prepare(self) -> bool:
        """Set the sessions' timeouts; whether they may set ``deadlock_timeout``."""
        permitted = True
        for session in self._sessions:
            connection = session.connection
            connection.execute(f"SET statement_timeout = {int(self._patience * 1000)}".encode())
            connection.commit()
            try:
                connection.execute(f"SET deadlock_timeout = {int(self._patience * 3000)}".encode())
                connection.commit()
            except psycopg.errors.InsufficientPrivilege:
                connection.rollback()
                permitted = False
        return permitted

    def courses(self, renew: Callable[[], object], *, most: int = 1000) -> Iterator[Course]:
        """The course of every order of the steps, at most ``most``; where a session waits, only the other can go on.

        Args:
            renew: makes the same state; called before each.
            most: orders.

        Raises:
            psycopg.OperationalError: when the server or a session is lost.
        """
        plan: list[int] | None = []
        while plan is not None and most:
            renew()
            course, choices = self._run(plan)
            yield course
            most -= 1
            plan = _next(choices)

    def course(self, plan: Sequence[int]) -> Course:
        """The course of one order: ``plan`` names the session that takes each step; then the first that can."""
        return self._run(plan)[0]

    def _run(self, plan: Sequence[int]) -> tuple[Course, list[_Choice]]:
        threads = [_Thread(session) for session in self._sessions]
        steps: list[Step] = []
        choices: list[_Choice] = []
        waiting: set[int] = set()
        try:
            for thread in threads:
                thread.start()
            while able := tuple(n for n, thread in enumerate(threads) if thread.end is None and n not in waiting):
                planned = plan[len(choices)] if len(choices) < len(plan) else able[0]
                chosen = planned if planned in able else able[0]
                choices.append((chosen, able))
                steps.append(Step(chosen, threads[chosen].release(hurry=self.quick and bool(waiting))))
                waiting = self._settle(threads, {*waiting, chosen})
                end = threads[chosen].end
                if chosen in waiting or (end is not None and end.state == DEADLOCK):
                    steps[-1] = replace(steps[-1], waited=True)
        finally:
            self._end(threads)
        for thread in threads:
            if thread.error is not None:
                raise thread.error
        first, second = (thread.end or End() for thread in threads)
        return Course(tuple(steps), (first, second)), choices

    def _settle(self, threads: list[_Thread], running: set[int]) -> set[int]:
        """Those of ``running`` that wait for the other session, as soon as all else are at the end of their step.

        Where both wait for each other it is a deadlock, which the server ends.
        """
        while running := {number for number in running if not threads[number].settled.is_set()}:
            for number in running:
                alone = len(running) == 1  # then the other one holds what it holds until it is let go
                if not threads[number].settled.wait(_LOOK) and alone and self._waits(number):
                    return running
        return set()

    def _waits(self, number: int) -> bool:
        """Whether the session waits for a lock of the other one."""
        pids = [self._pids[1 - number], self._pids[number]]
        return self._observer.execute(_WAITS, pids, prepare=True).fetchone() == (True,)

    def _end(self, threads: list[_Thread]) -> None:
        """Give up what is not at its end, which is so where the schedule failed."""
        for thread in (one for one in threads if one.end is None and one.thread is not None):
            thread.abandoned = True
            thread.go.release()
            while thread.end is None:
                thread.thread.join(_LOOK)  # type: ignore[union-attr]  # asked above
                with suppress(psycopg.Error):
                    thread.session.connection.cancel_safe(timeout=1)
            with suppress(psycopg.Error):
                thread.session.connection.rollback()


def _next(choices: list[_Choice]) -> list[int] | None:
    """The next plan after one with these ``choices``, in depth first; None after the last."""
    while choices:
        chosen, able = choices.pop()
        later = [one for one in able if one > chosen]
        if later:
            return [one for one, _ in choices] + later[:1]
    return None
