"""Processes that are killed in their work."""

import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from schemaproof.postgres import PostgresError
from schemaproof.proofs.failure import child
from schemaproof.proofs.failure.child import run_in_child
from tests.schemaproof.proofs.failure.conftest import children

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")


@pytest.fixture(autouse=True)
def _no_child_is_left() -> Iterator[None]:
    before = children()
    yield
    assert children() <= before


def kill_itself(number: int = signal.SIGKILL) -> None:
    os.kill(os.getpid(), number)


def raise_error() -> None:
    raise ZeroDivisionError


def test_process_that_kills_itself_is_told() -> None:
    assert run_in_child(kill_itself)


def end_with_sigterm() -> None:
    kill_itself(signal.SIGTERM)


@pytest.mark.parametrize("work", [int, raise_error, sys.exit, end_with_sigterm])
def test_process_that_ends_otherwise_was_not_killed(work: Callable[[], object]) -> None:
    assert not run_in_child(work)


def test_process_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "_PATIENCE", 0.1)
    with pytest.raises(PostgresError, match=r"did not end within 0\.1 s"):
        run_in_child(lambda: time.sleep(600))


def test_process_is_ended_where_the_wait_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once an UnboundLocalError came instead, and the process went on."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(select, "select", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_in_child(lambda: time.sleep(600))
