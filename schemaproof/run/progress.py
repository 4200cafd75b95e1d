"""Progress while a run goes on: a bar on a terminal, a line now and then elsewhere."""

import contextlib
import io
import os
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

# Between two lines of a stage, where there is no terminal: a log that is read later.
INTERVAL = 2.0  # seconds

# Between two drawings of the bar: it takes milliseconds, as a small revision does.
_REDRAWN = 0.1  # seconds

# The share of a stage after which the rest can be told from it: processes start, and tables are first filled, before.
_TELLING = 0.03


class Progress(Protocol):
    """What is told while a verification runs."""

    def stage(self, text: str, total: int) -> None:
        """A new stage of ``total`` steps begins, 0 for an unknown number."""

    def step(self, text: str, done: int, share: float | None = None) -> None:
        """``done`` steps of the stage are done, ``share`` of its work if steps differ; the last one was ``text``."""

    def now(self, text: str) -> None:
        """``text`` is being asked: a revision and a check, and how far that is where it takes long."""


class Display(Progress, Protocol):
    """What shows progress; the calls may come from several threads."""

    def tell(self, text: str) -> None:
        """Show a line that stays."""


@contextlib.contextmanager
def display(stream: TextIO) -> Iterator[Display]:
    """What suits ``stream``, which is written to until the end, whatever becomes of ``sys.stderr`` meanwhile."""
    if not stream.isatty() or os.environ.get("TERM") == "dumb":
        yield Lines(stream)
        return
    with _own(stream) as own:
        bar = Bar(own)
        try:
            yield bar
        finally:
            bar.close()


class Lines:
    """Plain lines: one for each stage, and within it at most one every ``INTERVAL``."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._stage, self._total, self._done, self._begun, self._next = "", 0, 0, 0.0, 0.0
        self._share = 0.0

    def tell(self, text: str) -> None:
        """Show a line."""
        self._stream.write(f"schemaproof: {text}\n")  # one call, so that threads' lines stay whole
        self._stream.flush()

    def stage(self, text: str, total: int) -> None:
        """Begin a stage: its line, and none within the next interval."""
        self._stage, self._total, self._done, self._begun = text, total, 0, self._clock()
        self._share = 0.0
        self._next = self._begun + INTERVAL
        self.tell(f"{text} ({total})" if total else text)

    def step(self, text: str, done: int, share: float | None = None) -> None:
        """Show a line, unless the last is too near."""
        self._done = done
        self._share = _share(done, self._total, share)
        self._show(text)

    def now(self, text: str) -> None:
        """Show a line, unless the last is too near."""
        self._show(text)

    def _show(self, text: str) -> None:
        now = self._clock()
        if now < self._next:
            return
        self._next = now + INTERVAL
        share = f"{self._done} of {self._total}, " if self._total else ""
        left = _left(now - self._begun, self._share)
        stage = f"{self._stage}: " if self._stage else ""  # the files are checked before the first one
        self.tell(f"{stage}{share}{text}{f', about {spoken(left)} left' if left >= 1 else ''}")


class Bar:
    """A bar with what is at work, how far it is, and the time that it took and will take; gone when it is closed.

    It is drawn by the calls and by no thread: a process that is forked while one draws would inherit its locks.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._progress = _progress(stream)
        self._clock = clock
        self._next = 0.0
        self._begun, self._total = 0.0, 0
        self._task = self._progress.add_task("", total=None, visible=False, now="", left="")
        self._progress.start()

    def tell(self, text: str) -> None:
        """Show a line above the bar."""
        self._progress.console.print(f"schemaproof: {text}", markup=False, highlight=False, soft_wrap=True)

    def stage(self, text: str, total: int) -> None:
        """Begin the bar anew."""
        self._begun, self._total = self._clock(), total
        self._progress.reset(self._task, total=total or None, description=text, visible=True, now="", left="")
        self._progress.refresh()

    def step(self, text: str, done: int, share: float | None = None) -> None:
        """Move the bar; it is drawn unless it just was."""
        left = _left(self._clock() - self._begun, _share(done, self._total, share))
        self._progress.update(self._task, completed=done, now=text, left=spoken(left) if left else "")
        if self._clock() >= self._next:
            self._progress.refresh()
            self._next = self._clock() + _REDRAWN

    def now(self, text: str) -> None:
        """Say what is at work; the bar is drawn unless it just was."""
        self._progress.update(self._task, now=text)
        if self._clock() >= self._next:
            self._progress.refresh()
            self._next = self._clock() + _REDRAWN

    def close(self) -> None:
        """Take the bar away."""
        self._progress.stop()


def _share(done: int, total: int, share: float | None) -> float:
    """The share of a stage's work that is done: that of its steps, where no other is given."""
    return share if share is not None else done / total if total else 0.0


def _left(seconds: float, share: float) -> float:
    """How many seconds the rest takes, after as many for ``share``; 0 where nothing tells yet."""
    return seconds * (1 / share - 1) if share >= _TELLING else 0.0


def spoken(seconds: float) -> str:
    """A time to come, as exact as a guess is: "40 s", "3 min", "1 h 20 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _progress(stream: TextIO) -> "RichProgress":
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )
    from rich.table import Column

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
        TextColumn("{task.fields[now]}", markup=False, table_column=Column(ratio=1, no_wrap=True)),
        console=Console(file=stream, force_terminal=True),
        transient=True,
        expand=True,
        auto_refresh=False,
        # The subject's output is caught elsewhere, and the report's is not to go through the bar.
        redirect_stdout=False,
        redirect_stderr=False,
    )


@contextlib.contextmanager
def _own(stream: TextIO) -> Iterator[TextIO]:
    """``stream`` through a descriptor of its own, where it has one: the subject's may be turned elsewhere meanwhile."""
    try:
        descriptor = os.dup(stream.fileno())
    except (OSError, io.UnsupportedOperation):
        yield stream
        return
    with os.fdopen(descriptor, "w", encoding=stream.encoding, errors="backslashreplace") as own:
        yield own
