"""What a run need not ask, and what the next one need not: the entries of the cache, and what each is named after."""

import dataclasses
import hashlib
import importlib.util
import os
import platform
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from time import perf_counter

from schemaproof.check import Check
from schemaproof.migration.history import History
from schemaproof.migration.inputs import read_from
from schemaproof.project.compat import version_locations
from schemaproof.project.subject import Subject
from schemaproof.run.cache import VERSION, Cache, Proved, digest_of, is_revision
from schemaproof.run.parts import BY_REVISION
from schemaproof.run.record import Record

# Checks of the whole history that depend on the same as a revision does, and take longer the longer it is.
THROUGH_ALL = frozenset({"upgrade-in-one-call", "lock-unbounded", "concurrent-deployers"})

_BESIDE = {"project", "budget"}  # of a subject: where it lies, and how long a run may take, say nothing of it
_WHOLE = ""  # in place of a revision's id


class Recall:
    """What a run need not ask, and what the next one need not.

    Args:
        cache: None where all is asked.
        history: whose revisions.
        checks: those that are asked.
        asked: the ids of the revisions that are asked about.
        part: whether that is a part of them, of several that are put together.
    """

    def __init__(
        self, cache: Cache | None, history: History, checks: Sequence[Check], asked: Sequence[str], *, part: bool
    ) -> None:
        self._cache = None if history.alone or history.chain.defects or not history.revisions else cache
        self._history = history
        self._checks = [check.id for check in checks if check.scope == "revision" or check.id in BY_REVISION]
        deployed = any(check.area == "releases" for check in checks)
        self._keys = keys_of(history, deployed=deployed) if self._cache is not None else {}
        wanted = {revision: self._keys[revision] for revision in asked if revision in self._keys}
        self._known = self._cache.known(wanted, self._checks) if self._cache is not None and self._checks else {}
        self._through = [check.id for check in checks if check.id in THROUGH_ALL and not part]
        if self._keys and self._through:
            head = self._keys[history.revisions[-1].revision]
            self._keys[_WHOLE] = hashlib.sha256("\0".join([head, *asked]).encode()).hexdigest()
        whole = {_WHOLE: self._keys[_WHOLE]} if _WHOLE in self._keys else {}
        self._whole = self._cache.known(whole, self._through).get(_WHOLE) if self._cache is not None else None

    @property
    def answered(self) -> frozenset[str]:
        """The checks of the whole history of which the answer is known."""
        return frozenset(self._whole.findings) if self._whole is not None else frozenset()

    @property
    def proved(self) -> frozenset[str]:
        """The revisions of which all is known."""
        return frozenset(self._known)

    def tell(self, record: Record) -> None:
        """Note in ``record`` what is known."""
        for one in self._known.values():
            for check, findings in one.findings.items():
                record.add(check, findings, perf_counter(), one.revision)
        for check, findings in (self._whole.findings if self._whole is not None else {}).items():
            record.add(check, findings, perf_counter())
        if self._known or self._whole or self._remarks:
            self._recall(record)

    def keep(self, record: Record) -> None:
        """Keep what ``record`` has found of the other revisions, where nothing kept it from being asked."""
        if self._cache is None or record.obstacles:
            return
        answers = [self._answer(record, revision) for revision in self._keys if revision not in {*self._known, _WHOLE}]
        if _WHOLE in self._keys and self._whole is None:
            answers.append(self._answer_of_all(record))
        self._cache.keep(self._keys, (one for one in answers if one is not None), self._history.revisions)
        if self._remarks:
            self._recall(record)

    def _recall(self, record: Record) -> None:
        record.recall(tuple(self._known), self._remarks, sorted(self.answered))

    @property
    def _remarks(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._cache.remarks)) if self._cache is not None else ()

    def _answer(self, record: Record, revision: str) -> Proved | None:
        """What was found of ``revision``; None where something was not asked, or only in part.

        None too where no two upgrades make the same: who climbs it tells the checks of the whole what not to compare.
        """
        if revision in self._history.left_out or revision in self._history.in_one_call.unrepeatable:
            return None
        found = {}
        for check in self._checks:
            if check in BY_REVISION:
                told = record.answers.get((check, None))
                told = None if told is None else tuple(one for one in told if one.revision == revision)
            else:
                told = record.answers.get((check, revision))
            if told is None or check in record.skipped:
                return None
            found[check] = told
        return Proved(revision, found) if found else None

    def _answer_of_all(self, record: Record) -> Proved | None:
        """What those that go through all revisions found; None where one was not asked, or only in part."""
        found = {check: record.answers.get((check, None)) for check in self._through}
        whole = all(None in record.asked.get(check, ()) and check not in record.skipped for check in found)
        answers = {check: told for check, told in found.items() if told is not None}
        return Proved(_WHOLE, answers) if whole and len(answers) == len(found) else None


def keys_of(history: History, *, deployed: bool = False) -> dict[str, str]:
    """By revision, a digest of what is known before any of them runs.

    ``deployed``: whether it matters which revisions are deployed together.
    """
    subject = history.subject
    running = hashlib.sha256(_base(subject, history).encode())
    for file in sorted({*read_from(subject.project), *map(str, _beside(history))}):
        path, digest = Path(file), digest_of(Path(file))
        # What is no file any more, or never was (a temporary one, a name in another folder), may be another each time.
        if digest and not is_revision(path, history.revisions):
            running.update(f"{os.path.relpath(file, subject.project)}\0{digest}\0".encode())
    keys = {}
    for index, script in enumerate(history.revisions):
        running.update(f"{script.revision}\0{digest_of(Path(script.path))}\0".encode())
        keys[script.revision] = running.hexdigest() + (_with_it(history, index) if deployed else "")
    return keys


def _with_it(history: History, index: int) -> str:
    """Which revisions one deployment brings, where that is said of this one; "" where it comes alone."""
    places = history.deployment(index)
    if len(places) == 1:
        return ""
    return f"-{places.start}-{places.stop}" if index == places[-1] else "-and-more"


def _base(subject: Subject, history: History) -> str:
    fields = {
        each.name: getattr(subject, each.name) for each in dataclasses.fields(subject) if each.name not in _BESIDE
    }
    parts = [
        str(VERSION),
        _harness(),
        "\n".join(_packages()),
        platform.python_version(),
        history.server.version_text,
        str(history.server.about),
        str(sorted((name, str(value)) for name, value in fields.items())),
        history.environment.driver,
    ]
    return "\0".join(parts)


def _beside(history: History) -> Iterator[Path]:
    """alembic.ini, and what lies with the migrations: env.py, SQL files, modules that only a revision imports."""
    subject, script = history.subject, history.chain.script
    yield (subject.project / subject.alembic_ini).resolve()
    for folder in {Path(script.dir), *version_locations(script)}:
        whole = subject.project / folder
        if whole.is_dir():
            yield from (path.resolve() for path in whole.rglob("*") if path.is_file() and path.suffix != ".pyc")


@cache
def _harness() -> str:
    """A digest of the harness' own code."""
    digest = hashlib.sha256()
    spec = importlib.util.find_spec("schemaproof")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for path in sorted(Path(folder).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def _packages() -> tuple[str, ...]:
    """All that is installed, as "name-version.dist-info"."""
    folders = (Path(folder) for folder in sys.path if folder)
    return tuple(sorted({one.name for folder in folders if folder.is_dir() for one in folder.glob("*.dist-info")}))
