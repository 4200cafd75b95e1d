"""The processes that a run forks."""

import gc
import os
from pathlib import Path

import pytest

from schemaproof.cli import main
from schemaproof.proofs.failure.child import CAN_FORK
from schemaproof.run import walk
from tests.schemaproof.projects import ENV, make_project, table


@pytest.mark.skipif(not CAN_FORK, reason="fork() is not safe here, so other processes are new ones")
@pytest.mark.parametrize("check", ["concurrent-deployers", "crash-recovery", "atomicity"])
def test_forked_process_collects_no_garbage_in_what_it_shares(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check: str
) -> None:
    """Its collections would write into it, and so copy it: eight deployers took twice the memory."""
    monkeypatch.setattr(walk, "_WORTH_ANOTHER_WITH_FAULTS", 1)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    freezing, running = tmp_path / "freezing", tmp_path / "running"
    freeze = gc.freeze

    def noted() -> None:
        freeze()
        with freezing.open("a") as file:
            file.write(f"{os.getpid()} {gc.get_freeze_count() > 0}\n")

    monkeypatch.setattr(gc, "freeze", noted)
    note = f'import os\nopen({str(running)!r}, "a").write(f"{{os.getpid()}} True\\n")\n'
    make_project(tmp_path, [table("t"), table("u")], env=note + ENV)
    assert main(["verify", "--project", str(tmp_path), "--postgres", "embedded", "--select", check, "--no-cache"]) == 0
    processes = set(running.read_text().splitlines())
    assert len(processes) > 1
    assert processes <= set(freezing.read_text().splitlines())
