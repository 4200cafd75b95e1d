"""The ids of a project's revisions without running any of its code: pytest asks in every process, at every start."""

import ast
import contextlib
import os
import sys
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from alembic.script.revision import Revision, RevisionError, RevisionMap
from alembic.util import CommandError

from schemaproof.migration import before
from schemaproof.migration.bytecode import unwritten
from schemaproof.migration.evidence import is_project_file
from schemaproof.migration.revisions import Chain, gaps, load, script_directory
from schemaproof.project.compat import configured_locations, files_in, option, version_locations
from schemaproof.project.configuration import unusable
from schemaproof.project.settings import PLACEHOLDERS
from schemaproof.project.subject import Subject, SubjectError

# The variables of a revision file that Alembic reads.
_NAMES = {"revision", "down_revision", "branch_labels", "depends_on"}

# For a file that reads its database's URL when it is imported. Nothing listens there.
_NOWHERE = "postgresql://schemaproof@127.0.0.1:1/none"


class NotPlainError(Exception):
    """What a file says of its revision is known only when it is run."""


class BrokenError(Exception):
    """The revisions can't be walked; the checks of the area "history" tell why."""


def read_revisions(subject: Subject) -> tuple[str, ...]:
    """The ids of the subject's revisions, in the order in which ``alembic upgrade heads`` applies them.

    The errors are those of ``read_chain``.
    """
    return tuple(revision.revision for revision in read_chain(subject)[1])


def read_chain(subject: Subject) -> tuple[ScriptDirectory, Sequence[Script]]:
    """Alembic's view of the subject's revisions, and these in the order in which they are applied.

    They have all that a ``Script`` has, but for the module.

    Raises:
        NotPlainError: when a file has to be run to know what it says.
        BrokenError: when they can't be walked.
        SubjectError: when there is no Alembic project.
    """
    config = subject.config()
    _refuse_resources(config)
    with _left_as_found(subject.project):
        script = script_directory(config, contextlib.nullcontext)
        return script, _ordered(script, list(_read_all(script)))


def run_revisions(subject: Subject) -> tuple[str, ...] | None:
    """What ``read_revisions`` returns, found by running the files, in a process that is there for nothing else.

    None where the revisions can't be walked.

    Raises:
        SubjectError: when there are none.
    """
    chain = run_chain(subject)
    return None if chain.defects else tuple(script.revision for script in chain.revisions)


def run_chain(subject: Subject) -> Chain:
    """The chain of the subject's revisions, found as in ``run_revisions``.

    Raises:
        SubjectError: when there are none.
    """
    values = dict.fromkeys(PLACEHOLDERS, "") | {"url": _NOWHERE}
    os.environ |= {subject.url_env: _NOWHERE}
    os.environ |= {name: text.format_map(values) for name, text in subject.environment.items()}
    os.chdir(subject.project)
    config = subject.config()
    for name in ("sqlalchemy.url", subject.url_option):
        config.set_main_option(name, _NOWHERE)
    with unwritten(is_project_file):
        script = script_directory(config, contextlib.nullcontext)
        chain = load(script, contextlib.nullcontext)
        if chain.defects and subject.before is not None:  # they need what is there when env.py runs
            before.enter(subject, _NOWHERE, contextlib.nullcontext)
            chain = load(script, contextlib.nullcontext)
    return chain


@contextlib.contextmanager
def _left_as_found(project: Path) -> Iterator[None]:
    """The project's folder as the current one; module path and warnings of the process are none of its business."""
    path = sys.path[:]
    with contextlib.chdir(project), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            sys.path[:] = path


def _refuse_resources(config: Config) -> None:
    """Raise where a folder is named inside a package ("package:folder"), which Alembic imports to find it.

    Raises:
        NotPlainError: for such a one.
        SubjectError: when Alembic can't read where the folders are.
    """
    try:
        locations = [option(config, "script_location"), *configured_locations(config)]
    except Exception as error:  # what Alembic lets through is of many kinds
        cause, remedy = unusable(error, config)
        raise SubjectError(cause, remedy=remedy) from error
    for location in locations:
        if isinstance(location, str) and ":" in location and not Path(location).is_absolute():
            raise NotPlainError(location)


class _PlainScript(Revision):
    """A revision as its file declares it; the module that Alembic's own kind has is not imported."""

    def __init__(self, path: Path, declared: dict[str, Any]) -> None:
        self.path = str(path)
        super().__init__(
            declared["revision"],
            declared["down_revision"],
            dependencies=declared.get("depends_on"),
            branch_labels=declared.get("branch_labels"),
        )


def _read_all(script: ScriptDirectory) -> Iterator[_PlainScript]:
    if script.sourceless:
        raise NotPlainError("sourceless")
    for location in version_locations(script):
        for path in files_in(script, location):
            if path.suffix != ".py" or path.name.startswith((".#", "__init__")):  # as Alembic chooses
                continue
            declared = _declared(path)
            if "down_revision" not in declared:
                raise BrokenError(path.name)
            try:
                yield _PlainScript(path.resolve(), declared)
            except RevisionError as error:
                raise BrokenError(path.name) from error


def _declared(path: Path) -> dict[str, Any]:
    """What the file at ``path`` assigns to the variables that Alembic reads."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, OSError) as error:  # ValueError: null bytes
        raise BrokenError(path.name) from error
    declared = {}
    for statement in tree.body:
        name, value = _assignment(statement)
        if name in _NAMES and value is not None:
            try:
                declared[name] = ast.literal_eval(value)
            except (ValueError, TypeError) as error:
                raise NotPlainError(path.name) from error
    bound = Counter(_bound(tree))
    if "*" in bound or "revision" not in declared or any(bound[name] != (name in declared) for name in _NAMES):
        raise NotPlainError(path.name)
    return declared


def _assignment(statement: ast.stmt) -> tuple[str, ast.expr | None]:
    """The name and the value of a plain assignment; "" and None for any other statement."""
    match statement:
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=value) | ast.AnnAssign(target=ast.Name(id=name), value=value)
        ):
            return name, value
    return "", None


def _bound(tree: ast.AST) -> Iterator[str]:
    """Every name that is bound in ``tree`` outside of functions and classes, each as often as it is."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
                continue
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                yield from (alias.asname or alias.name for alias in aliases)
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
        yield from _bound(node)


def _ordered(script: ScriptDirectory, plain: Sequence[_PlainScript]) -> Sequence[Script]:
    for defect in gaps(cast("Sequence[Script]", plain)):  # it asks them nothing that needs their modules
        raise BrokenError(defect.message)
    script.revision_map = RevisionMap(lambda: iter(plain))
    try:
        downwards = list(script.iterate_revisions("heads", "base", implicit_base=True))
    except (RevisionError, CommandError) as error:
        raise BrokenError(str(error)) from error
    return cast("Sequence[Script]", downwards[::-1])
