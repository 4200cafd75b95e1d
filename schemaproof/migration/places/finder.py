"""File and line for each finding of a history."""

import functools
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from schemaproof.finding import Finding, Place
from schemaproof.migration.evidence import is_project_file, shown_path
from schemaproof.migration.history import History
from schemaproof.migration.inputs import read_from
from schemaproof.migration.places.code import code_of
from schemaproof.migration.places.models import Models, is_relationship
from schemaproof.migration.places.revisions import line_of, mentions, names_in
from schemaproof.migration.revisions import Chain, id_in
from schemaproof.migration.sessions import Place as Line
from schemaproof.project.compat import files_in, version_locations


class Places:
    """Where the findings of ``history`` stand; made by ``history.kept(Places)``, it reads nothing before it is asked.

    A finding on a revision stands there; another one where the model declares its object, else where a revision first
    names it.
    """

    def __init__(self, history: History) -> None:
        self._history = history
        self._project = history.subject.project
        self._paths = dict(_paths(history.chain))

    def close(self) -> None:
        """Nothing is held; with this, what was found survives ``History.look_again``."""

    def on(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """``findings``, each with the place where it stands, as far as that is known."""
        return tuple(one if one.where is not None else replace(one, where=self._found(one)) for one in findings)

    def _found(self, finding: Finding) -> Place | None:
        try:
            return self._where(finding)
        except Exception:  # noqa: BLE001 (the project's models may raise anything; the finding is worth more than its place)
            return None

    def _where(self, finding: Finding) -> Place | None:
        if finding.revision is not None:
            path = self._paths.get(finding.revision)
            return None if path is None else self._place(path, line_of(finding, path, self._project))
        if finding.object is None:
            return None
        return self._of_object(finding.object)

    @functools.cache  # noqa: B019 (it lives as long as the history)
    def _of_object(self, described: str) -> Place | None:
        if found := self._models.find(described):
            return self._place(*found)
        if is_relationship(described):
            return None
        names = names_in(described)
        for path in self._paths.values():
            code = code_of(path)
            line = code and mentions(code, names)
            if line:
                return self._place(path, line)
        return None

    @functools.cached_property
    def _models(self) -> Models:
        revisions = {str(path.resolve()) for path in self._paths.values()}
        return Models(self._history.metadata, read_from(self._project) - revisions)

    def _place(self, path: Path, line: int | None) -> Place | None:
        return _place(path, line, self._project)


def sent_from(history: History, revision: str, lines: Iterable[Line]) -> Place | None:
    """The line in the file of ``revision`` from which a statement was sent; None where that is not known.

    Args:
        history: the revision's.
        revision: whose statement it is.
        lines: of the project's code that sent it, the innermost first: those of what the revision calls among them.
    """
    path = Path(history.revisions[history.positions[revision]].path)
    for file, number in lines:
        if os.path.realpath(file) == os.path.realpath(path):
            return _place(path, number, history.subject.project)
    return None


def environment(history: History) -> Place | None:
    """Where env.py is."""
    return _place(Path(history.chain.script.dir, "env.py"), None, history.subject.project)


def _place(path: Path, line: int | None, project: Path) -> Place | None:
    path = path.absolute()
    if not is_project_file(str(path)):
        return None
    return Place(shown_path(str(path), project).replace(os.sep, "/"), line)


def _paths(chain: Chain) -> Iterator[tuple[str, Path]]:
    """The file of each revision; where Alembic can't read the chain, as far as a file says its id in a plain string."""
    for script in chain.revisions:
        yield script.revision, Path(script.path)
    if not chain.revisions:
        for location in version_locations(chain.script):
            for path in files_in(chain.script, location):
                if revision := id_in(path):
                    yield revision, path
