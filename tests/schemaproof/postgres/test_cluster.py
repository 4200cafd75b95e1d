"""The archive of an initialised data directory: made once, complete, and for its owner's eyes."""

import stat
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from schemaproof.postgres.binaries import Account, Binaries, find, reachable
from schemaproof.postgres.cluster import archive


def wheel() -> tuple[Binaries, Account]:
    account = Account.of_server()
    return reachable(find(None), account), account


def test_archive_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    made = archive(*wheel(), tmp_path / "cache")
    assert stat.S_IMODE(made.path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE((made.path.parent / "password").stat().st_mode) == 0o600


def test_archives_have_different_passwords(tmp_path: Path) -> None:
    assert archive(*wheel(), tmp_path / "1").password != archive(*wheel(), tmp_path / "2").password


def test_archive_is_made_once(tmp_path: Path) -> None:
    first, second = (archive(*wheel(), tmp_path / "cache").path.stat() for _ in range(2))
    assert (first.st_ino, first.st_mtime_ns) == (second.st_ino, second.st_mtime_ns)


def test_archive_that_two_runs_make_together_is_one_and_nothing_else_is_left(
    tmp_path: Path, open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(open_folder))
    together = threading.Barrier(2, timeout=20)

    def make(_: int) -> Path:
        together.wait()
        return archive(*wheel(), tmp_path / "cache").path

    with ThreadPoolExecutor(2) as threads:
        (path,) = set(threads.map(make, range(2)))
    assert list((tmp_path / "cache").iterdir()) == [path.parent]
    assert list(open_folder.iterdir()) == []
