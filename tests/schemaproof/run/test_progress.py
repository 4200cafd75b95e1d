"""What is seen while a run goes on."""

import contextlib
import io
import os
import pty
import select
import sys
import threading
from collections.abc import Iterator

import pytest

from schemaproof.run.progress import INTERVAL, Display, Lines, display, spoken


class Clock:
    """A clock that is set."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@contextlib.contextmanager
def terminal() -> Iterator[tuple[io.TextIOWrapper, int]]:
    """A terminal to write to, and the descriptor that what it shows is read from."""
    shown, written = pty.openpty()
    try:
        with os.fdopen(written, "w") as stream:
            yield stream, shown
    finally:
        os.close(shown)


def read_until(text: str, shown: int, end: str = "") -> str:
    """What the terminal shows, up to ``text`` and ``end``: it hands over in pieces what was written to it at once."""
    seen = ""
    while not (text in seen and seen.endswith(end)) and select.select([shown], [], [], 10)[0]:
        seen += os.read(shown, 65536).decode(errors="replace")
    return seen


def run(progress: Display) -> None:
    """A run of one stage."""
    progress.stage("revisions", 200)
    progress.step("a1b2 downgrade-restores", 17)


def test_lines_are_one_for_each_stage() -> None:
    stream = io.StringIO()
    lines = Lines(stream, Clock())
    lines.stage("revisions", 200)
    lines.stage("starting", 0)
    assert stream.getvalue() == "schemaproof: revisions (200)\nschemaproof: starting\n"


def test_lines_before_the_first_stage_say_what_is_being_asked_alone() -> None:
    stream = io.StringIO()
    Lines(stream, Clock()).now("revision-import")
    assert stream.getvalue() == "schemaproof: revision-import\n"


def test_lines_within_a_stage_are_two_seconds_apart() -> None:
    stream, clock = io.StringIO(), Clock()
    lines = Lines(stream, clock)
    lines.stage("revisions", 40)
    for done, clock.now in enumerate([101.9, 102.0, 103.9, 104.1]):
        lines.step(f"r{done}", done)
    assert stream.getvalue().splitlines()[1:] == [
        "schemaproof: revisions: 1 of 40, r1",  # of too little to tell the rest
        "schemaproof: revisions: 3 of 40, r3, about 51 s left",
    ]


def test_lines_say_what_is_being_asked_and_how_long_the_rest_may_take() -> None:
    stream, clock = io.StringIO(), Clock()
    lines = Lines(stream, clock)
    lines.stage("revisions", 4)
    clock.now += INTERVAL
    lines.now("0001 atomicity: fault 3 of 40")
    clock.now += INTERVAL
    lines.step("0001", 1)
    clock.now += INTERVAL
    lines.now("0002 atomicity")
    assert stream.getvalue().splitlines()[1:] == [
        "schemaproof: revisions: 0 of 4, 0001 atomicity: fault 3 of 40",
        "schemaproof: revisions: 1 of 4, 0001, about 12 s left",
        "schemaproof: revisions: 1 of 4, 0002 atomicity, about 18 s left",
    ]


def test_time_left_goes_by_the_share_of_the_work_where_steps_differ() -> None:
    stream, clock = io.StringIO(), Clock()
    lines = Lines(stream, clock)
    lines.stage("revisions", 100)
    clock.now += 60
    lines.step("0001", 1, 0.5)
    assert stream.getvalue().splitlines()[1] == "schemaproof: revisions: 1 of 100, 0001, about 60 s left"


@pytest.mark.parametrize(("seconds", "told"), [(1.4, "1 s"), (89, "89 s"), (90, "2 min"), (4800, "1 h 20 min")])
def test_time_left_is_as_exact_as_a_guess_is(seconds: float, told: str) -> None:
    assert spoken(seconds) == told


def test_display_of_a_file_is_lines_without_control_sequences() -> None:
    stream = io.StringIO()
    with display(stream) as progress:
        run(progress)
        progress.tell("hello")
    assert stream.getvalue() == "schemaproof: revisions (200)\nschemaproof: hello\n"


def test_display_of_a_terminal_shows_how_far_what_and_the_time_and_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with terminal() as (stream, shown):
        with display(stream) as progress:
            run(progress)
            progress.tell("[hello]")
        text = read_until("[hello]", shown, end="\x1b[2K")
    assert "revisions" in text
    assert "17/200" in text
    assert "a1b2 downgrade-restores" in text
    assert "0:00:00" in text
    assert "schemaproof: [hello]" in text
    assert text.endswith("\x1b[2K")  # the bar's line, erased


def test_display_of_a_terminal_shows_what_is_being_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with terminal() as (stream, shown), display(stream) as progress:
        progress.stage("revisions", 200)
        progress.now("0018 atomicity")
        assert "0018 atomicity" in read_until("0018 atomicity", shown)


def test_display_of_a_terminal_moves_while_the_run_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with terminal() as (stream, shown), display(stream) as progress:
        run(progress)
        assert "17/200" in read_until("17/200", shown)


def test_display_of_a_terminal_is_plain_where_that_is_dumb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    with terminal() as (stream, shown):
        with display(stream) as progress:
            progress.stage("revisions", 200)
        assert os.read(shown, 65536) == b"schemaproof: revisions (200)\r\n"


def test_display_of_a_terminal_leaves_the_subjects_streams_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What env.py prints is caught by replacing them; a bar that replaced them too would bring it back."""
    monkeypatch.setenv("TERM", "xterm")
    before = sys.stdout, sys.stderr
    with terminal() as (stream, _), display(stream) as progress:
        run(progress)
        assert (sys.stdout, sys.stderr) == before


def test_display_of_a_terminal_outlives_its_stream_being_turned_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with terminal() as (stream, shown):
        with display(stream) as progress, open(os.devnull, "w") as nowhere:  # noqa: PTH123 (a device)
            os.dup2(nowhere.fileno(), stream.fileno())
            run(progress)
        assert "17/200" in read_until("17/200", shown)


def test_display_of_a_terminal_has_no_thread_that_a_fork_would_lose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    before = threading.active_count()
    with terminal() as (stream, _), display(stream) as progress:
        run(progress)
        assert threading.active_count() == before
