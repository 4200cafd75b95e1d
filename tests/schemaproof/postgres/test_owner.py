"""Tokens in names: whose a leftover is, and whether that process is gone."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from schemaproof.postgres import owner as module
from schemaproof.postgres.owner import Owner

# No process has it: Linux ends at 2**22.
NO_PID = 2**22 + 1


def test_owner_is_found_in_a_name_that_carries_its_token() -> None:
    owner = Owner.current()
    assert Owner.find(f"schemaproof_{owner.token}_d12345") == owner


def test_owner_is_not_found_in_other_names() -> None:
    assert Owner.find("schemaproof_mine") is None


def test_owner_that_runs_is_not_gone() -> None:
    assert not Owner.current().gone()


def test_owner_that_ended_is_gone() -> None:
    assert dataclasses.replace(Owner.current(), pid=NO_PID).gone()


def test_owner_whose_pid_went_to_another_process_is_gone() -> None:
    owner = Owner.current()
    assert dataclasses.replace(owner, start=owner.start - 3600).gone()


def test_owner_on_another_machine_is_never_judged() -> None:
    assert not dataclasses.replace(Owner.current(), machine="0" * 8, pid=NO_PID).gone()


def test_owner_is_the_same_seen_from_another_process() -> None:
    program = f"from schemaproof.postgres.owner import Owner; print(Owner.find({Owner.current().token!r}).gone())"
    output = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert output == "False\n"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="without /proc there is only the time of the day")
def test_owner_that_runs_is_not_gone_after_the_clock_was_set(monkeypatch: pytest.MonkeyPatch) -> None:
    owner = Owner.current()
    monkeypatch.setattr(psutil.Process, "create_time", lambda _: float(owner.start + 10))
    assert not owner.gone()


def test_owner_is_never_judged_where_other_users_processes_are_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under the mount option hidepid a living process of another user looks like one that ended."""
    monkeypatch.setattr(module, "_others_are_hidden", lambda: True)
    assert not dataclasses.replace(Owner.current(), pid=NO_PID).gone()
