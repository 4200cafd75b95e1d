"""The server's programs where its account may not read them: copied, completely and safely."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from schemaproof.postgres import PostgresError
from schemaproof.postgres.binaries import Binaries, reachable
from tests.schemaproof.postgres.test_embedded import STRANGER


@pytest.fixture
def closed(tmp_path: Path) -> Binaries:
    """A tiny wheel with libraries beside it, in a folder that only its owner may enter."""
    (private := tmp_path / "private").mkdir(mode=0o700)
    (bindir := private / "wheel" / "bin").mkdir(parents=True)
    (bindir / "postgres").write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 0'\n")
    (bindir / "postgres").chmod(0o755)
    (private / "wheel.libs").mkdir()
    (private / "wheel.libs" / "libpq.so").touch()
    (tmp_path / "copies").mkdir()
    return Binaries(bindir, "a wheel", private / "wheel")


def copy_of(closed: Binaries, copies: Path) -> Path:
    """The folder that ``closed`` was copied into."""
    return copies / reachable(closed, STRANGER, copies).bindir.relative_to(copies).parts[0]


def test_copied_binaries_have_the_libraries_beside_them(closed: Binaries, tmp_path: Path) -> None:
    assert (copy_of(closed, tmp_path / "copies") / "wheel.libs" / "libpq.so").exists()


def test_copied_binaries_are_not_there_before_they_are_complete(
    closed: Binaries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: set[str] = set()
    copytree = shutil.copytree

    def look(*arguments: Any, **keywords: Any) -> Any:
        seen.update(folder.name for folder in (tmp_path / "copies").iterdir())
        return copytree(*arguments, **keywords)

    monkeypatch.setattr(shutil, "copytree", look)
    assert copy_of(closed, tmp_path / "copies").name not in seen


def test_copied_binaries_that_anybody_can_write_are_refused(closed: Binaries, tmp_path: Path) -> None:
    copy_of(closed, tmp_path / "copies").chmod(0o777)
    with pytest.raises(PostgresError, match="can't be trusted"):
        reachable(closed, STRANGER, tmp_path / "copies")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_copied_binaries_of_another_user_are_refused(closed: Binaries, tmp_path: Path) -> None:
    os.chown(copy_of(closed, tmp_path / "copies"), STRANGER.uid, STRANGER.gid)
    with pytest.raises(PostgresError, match="can't be trusted"):
        reachable(closed, STRANGER, tmp_path / "copies")


def test_wheel_in_two_places_is_copied_once(closed: Binaries, tmp_path: Path) -> None:
    assert closed.package is not None
    (elsewhere := tmp_path / "elsewhere").mkdir(mode=0o700)
    shutil.copytree(closed.package, elsewhere / "wheel")
    twin = Binaries(elsewhere / "wheel" / "bin", closed.source, elsewhere / "wheel")
    assert copy_of(twin, tmp_path / "copies") == copy_of(closed, tmp_path / "copies")


def test_other_server_is_another_copy(closed: Binaries, tmp_path: Path) -> None:
    first = copy_of(closed, tmp_path / "copies")
    (closed.bindir / "postgres").write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 0.1'\n")
    other = Binaries(closed.bindir, closed.source, closed.package)
    assert copy_of(other, tmp_path / "copies") != first
