"""The archive of an initialised data directory: made once, complete, and for its owner's eyes."""

import stat
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from schemaproof.postgres import cluster
from schemaproof.postgres.binaries import Account, Binaries, find, reachable
from schemaproof.postgres.cluster import Archive, archive


def wheel() -> tuple[Binaries, Account]:
    account = Account.of_server()
    return reachable(find(None), account), account


@dataclass(frozen=True)
class Made:
    """What two runs that make an archive together have got, and have left.

    Attributes:
        archives: what each of them has got.
        passwords: those that initdb was given.
        cache: the folder that keeps the archive.
        temporary: what is in the folder of temporary files.
    """

    archives: list[Archive]
    passwords: list[str]
    cache: Path
    temporary: list[Path]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """Each run of initdb takes half a second: all tests look at the archive of these two."""
    cache = tmp_path_factory.mktemp("cluster") / "cache"
    passwords: list[str] = []
    together, run = threading.Barrier(2, timeout=20), cluster._run

    def watched(command: list[str], account: Account, **streams: object) -> None:
        given = [one.removeprefix("--pwfile=") for one in command if one.startswith("--pwfile=")]
        passwords.extend(Path(one).read_text() for one in given)
        run(command, account, **streams)

    def make(_: int) -> Archive:
        together.wait()
        return archive(*wheel(), cache)

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        Path(folder).chmod(0o755)  # the server's account may enter it
        patch.setattr(tempfile, "tempdir", folder)
        patch.setattr(cluster, "_run", watched)
        with ThreadPoolExecutor(2) as threads:
            archives = list(threads.map(make, range(2)))
        yield Made(archives, passwords, cache, list(Path(folder).iterdir()))


def test_archive_is_readable_by_its_owner_alone(made: Made) -> None:
    folder = made.archives[0].path.parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "password").stat().st_mode) == 0o600


def test_archives_have_different_passwords(made: Made) -> None:
    assert len(made.passwords) == len(set(made.passwords)) == 2
    assert made.archives[0].password in made.passwords


def test_archive_is_made_once(made: Made) -> None:
    first = made.archives[0].path.stat()
    again = archive(*wheel(), made.cache).path.stat()
    assert (first.st_ino, first.st_mtime_ns) == (again.st_ino, again.st_mtime_ns)


def test_archive_that_two_runs_make_together_is_one_and_nothing_else_is_left(made: Made) -> None:
    (path,) = {one.path for one in made.archives}
    assert list(made.cache.iterdir()) == [path.parent]
    assert made.temporary == []
