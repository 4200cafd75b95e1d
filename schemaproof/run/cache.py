"""What was proved of a revision before, and holds still: nothing that it depends on has changed since.

That is: its file and those of all revisions below it, in the order in which they are applied; alembic.ini, env.py and
every other file of the project that its code reads (modules, SQL files, whatever is opened); the settings; the harness
and all other packages; Python; the server's release. Environment variables and what is outside of the project's folder
are not looked at.

An entry is a file of its own, named after a digest of what is known before a revision runs; in it are the findings of
each check, and the digests of the files that were read while it ran. Nothing else is in it. Checks of the whole history
that run all revisions several times have one for that history, and for the revisions that were asked about.
"""

import dataclasses
import hashlib
import json
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from alembic.script import Script

from schemaproof.figure import grid, link
from schemaproof.finding import Cause, Finding, Place, Severity
from schemaproof.migration.inputs import read_from

FOLDER = ".schemaproof_cache"

VERSION = 1
_KEPT = 30 * 24 * 3600  # seconds for which an entry is kept that no run has asked for


@dataclass(frozen=True)
class Proved:
    """What is known of one revision, or of the whole history: the findings of each check that was asked about it."""

    revision: str  # "" for the whole history
    findings: Mapping[str, tuple[Finding, ...]]


class Cache:
    """The entries of one project, for one run.

    Args:
        project: its folder, in which they have one of their own; it is made when something is kept.

    Attributes:
        remarks: what was wrong with them, a sentence without its full stop each.
    """

    def __init__(self, project: Path) -> None:
        self.remarks: list[str] = []
        self._project = project.resolve()
        self._folder = self._project / FOLDER
        self._digests: dict[str, str] = {}

    def known(self, keys: Mapping[str, str], checks: Sequence[str]) -> dict[str, Proved]:
        """What is known of the revisions in ``keys`` (id to key), where all of ``checks`` were asked about them."""
        found = {}
        for revision, key in keys.items():
            entry = self._read(key)
            if entry is None or not set(checks) <= entry["findings"].keys():
                continue
            if all(self._is_as_it_was(name, digest) for name, digest in entry["inputs"].items()):
                findings = {check: tuple(_finding(one) for one in entry["findings"][check]) for check in checks}
                found[revision] = Proved(revision, findings)
                with suppress(OSError):
                    os.utime(self._path(key))
        return found

    def _is_as_it_was(self, name: str, digest: str) -> bool:
        if name not in self._digests:
            self._digests[name] = digest_of(self._project / name)
        return self._digests[name] == digest

    def keep(self, keys: Mapping[str, str], proved: Iterable[Proved], revisions: Sequence[Script]) -> None:
        """Keep what was ``proved``, for as long as what was read of the project stays as it is.

        ``revisions``: those whose files the ``keys`` are about.
        """
        inputs = {
            str(Path(file).relative_to(self._project)): digest
            for file in sorted(read_from(self._project))
            if (digest := digest_of(Path(file))) and not is_revision(Path(file), revisions)
        }
        try:
            self._make()
            for one in proved:
                entry = self._read(keys[one.revision]) or {}
                others = entry.get("findings", {}) if entry.get("inputs") == inputs else {}
                findings = {
                    check: [dataclasses.asdict(each) for each in found] for check, found in one.findings.items()
                }
                text = json.dumps({"version": VERSION, "inputs": inputs, "findings": {**others, **findings}})
                path = self._path(keys[one.revision])
                written = path.with_suffix(f".{os.getpid()}")
                written.write_text(text, encoding="utf-8")
                written.replace(path)
            self._forget_old()
        except OSError as error:
            self.remarks.append(f"nothing was kept in {FOLDER}: {error}")

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.json"

    def _make(self) -> None:
        self._folder.mkdir(exist_ok=True)
        (self._folder / ".gitignore").write_text("*\n")
        (self._folder / "CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55\n")

    def _read(self, key: str) -> dict[str, Any] | None:
        path = self._path(key)
        try:
            entry: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            if entry["version"] != VERSION:
                return None
            for findings in entry["findings"].values():
                for one in findings:
                    _finding(one)
            return {
                "findings": entry["findings"],
                "inputs": {str(name): str(one) for name, one in entry["inputs"].items()},
            }
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            self.remarks.append(f"{FOLDER}/{path.name} can't be used ({type(error).__name__}), so that was asked again")
            return None

    def _forget_old(self) -> None:
        for path in self._folder.glob("*.json"):
            if time.time() - path.stat().st_mtime > _KEPT:
                path.unlink()


def is_revision(path: Path, revisions: Sequence[Script]) -> bool:
    """Whether ``path`` is the file of one of ``revisions``."""
    return str(path) in _paths(tuple(script.path for script in revisions))


@cache
def _paths(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(str(Path(name).resolve()) for name in names)


def digest_of(path: Path) -> str:
    """Of a file's bytes; "" where there is none."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _finding(value: Any) -> Finding:
    told = dict(value)
    causes = tuple(Cause(*one) for one in told.pop("causes"))
    also = tuple(told.pop("also_found_by"))
    where = None if told["where"] is None else Place(*told["where"])
    told |= {"severity": Severity(told["severity"]), "where": where}
    told |= {"grids": tuple(map(grid, told["grids"])), "links": tuple(map(link, told["links"]))}
    return Finding(**told, causes=causes, also_found_by=also)
