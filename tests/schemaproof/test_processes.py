"""The processes that a run forks."""

import gc
import os
from pathlib import Path

import pytest

from schemaproof.cli import main
from schemaproof.proofs.failure.child import CAN_FORK
from schemaproof.run import walk
from tests.schemaproof.projects import ENV, make_project, table

NOTES = 'open("{file}", "a").write(f"{{os.getpid()}} {{os.getppid()}} {{gc.get_freeze_count()}}\\n")'


@pytest.mark.skipif(not CAN_FORK, reason="fork() is not safe here, so other processes are new ones")
@pytest.mark.parametrize("check", ["concurrent-deployers", "crash-recovery", "atomicity"])
def test_forked_process_collects_no_garbage_in_what_it_shares(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check: str
) -> None:
    """Its collections would write into it, and so copy it: eight deployers took twice the memory."""
    monkeypatch.setattr(walk, "_WORTH_ANOTHER_WITH_FAULTS", 1)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    file = tmp_path / "frozen"
    make_project(tmp_path, [table("t"), table("u")], env=f"import gc, os\n{NOTES.format(file=file)}\n{ENV}")
    assert main(["verify", "--project", str(tmp_path), "--postgres", "embedded", "--select", check, "--no-cache"]) == 0
    here = gc.get_freeze_count()
    frozen: dict[str, int] = {}
    parents: dict[str, str] = {}
    for line in file.read_text().splitlines():
        process, parents[process], count = line.split()
        frozen[process] = int(count)
    assert len(frozen) > 1
    less = {process: count for process, count in frozen.items() if count <= frozen.get(parents[process], here)}
    assert less == {}
