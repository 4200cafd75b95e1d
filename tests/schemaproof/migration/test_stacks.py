"""A run of env.py that is stopped, in whichever thread it is."""

import threading
import time
from collections.abc import Callable

import pytest

from schemaproof.migration.stacks import InterruptedRunError, Interruption
from tests.schemaproof.processes import wait_until

EVERYWHERE = pytest.mark.parametrize("in_main", [True, False], ids=["main", "another"])


def runs_on(stopped: Callable[[], bool]) -> None:
    """Run Python code until that, or for ever."""
    while not stopped():
        time.sleep(0.001)  # what such a run does: it waits for something that does not come


def runs_on_for_a_moment() -> None:
    """Run Python code for as long as a thread may need to be told of something."""
    end = time.monotonic() + 0.02
    runs_on(lambda: time.monotonic() > end)


def run_in_thread(work: Callable[[], object], *, in_main: bool) -> BaseException | None:
    """What ``work`` raises, in this thread or in one of its own."""
    raised: list[BaseException] = []

    def go() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 (the test asks whether any comes out, and which)
            raised.append(error)

    if in_main:
        go()
    else:
        thread = threading.Thread(target=go, daemon=True)
        thread.start()
        thread.join(10)
        assert not thread.is_alive()
    return raised[0] if raised else None


@EVERYWHERE
def test_run_is_stopped(*, in_main: bool) -> None:
    def run() -> None:
        interruption = Interruption()
        try:
            threading.Timer(0.02, interruption.ask).start()
            runs_on(lambda: False)
        finally:
            interruption.close()

    assert isinstance(run_in_thread(run, in_main=in_main), InterruptedRunError)


@EVERYWHERE
def test_thread_is_let_alone_when_its_run_has_ended(*, in_main: bool) -> None:
    def run() -> None:
        interruption = Interruption()
        interruption.close()
        asking = threading.Thread(target=interruption.ask)
        asking.start()
        wait_until(lambda: not asking.is_alive())
        runs_on_for_a_moment()

    assert run_in_thread(run, in_main=in_main) is None


@EVERYWHERE
def test_run_that_is_asked_to_stop_at_its_end_has_ended(monkeypatch: pytest.MonkeyPatch, *, in_main: bool) -> None:
    """What comes after it is the harness' own code."""

    def run() -> None:
        interruption = Interruption()
        asked = threading.Thread(target=interruption.ask)

        def too_late() -> None:
            monkeypatch.undo()
            asked.start()
            runs_on(lambda: False)

        monkeypatch.setattr(interruption, "_close", too_late)
        interruption.close()
        runs_on_for_a_moment()

    assert run_in_thread(run, in_main=in_main) is None
