"""The subject's revisions, each file imported once, and the defects of their chain, found without a database."""

import graphlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from alembic.script.revision import RevisionError, RevisionMap
from alembic.util import CommandError

from schemaproof.migration.evidence import error_text
from schemaproof.migration.modules import module_remedy
from schemaproof.migration.roles import literals
from schemaproof.project.compat import files_in, load_revision, version_locations
from schemaproof.project.configuration import missing, unusable
from schemaproof.project.subject import SubjectError


@dataclass(frozen=True)
class Defect:
    """Why the revisions can't be applied.

    Attributes:
        kind: "import" for a file, "chain" for how the revisions refer to each other.
        revision: the revision's id; None where it could not be read.
        message: what is wrong, one sentence.
        evidence: what was seen.
        remedy: what to do about it; "" where only the check knows.
        fault: what tells it from other defects of the revision, in words that stay.
    """

    kind: str
    revision: str | None
    message: str
    evidence: str
    remedy: str = ""
    fault: str = ""


@dataclass(frozen=True)
class Chain:
    """The revisions of one project.

    Attributes:
        script: Alembic's view of them, loaded; it can be walked only where there are no ``defects``.
        defects: in the order of the files; empty for a chain that can be walked.
        revisions: in the order in which ``alembic upgrade heads`` applies them to an empty database.
    """

    script: ScriptDirectory
    defects: tuple[Defect, ...]
    revisions: tuple[Script, ...]

    @cached_property
    def literals(self) -> tuple[str, ...]:
        """The strings in each revision's file, docstrings left out."""
        return tuple(literals(Path(script.path).read_bytes()) for script in self.revisions)

    @property
    def heads(self) -> tuple[str, ...]:
        """The ids of the revisions that no other one follows."""
        return tuple(self.script.get_heads())


def sources(project: Path) -> Iterator[str]:
    """The text of each module of the ``project`` that was imported: revisions may have helpers."""
    root = project.resolve()
    for module in list(sys.modules.values()):
        file = Path(getattr(module, "__file__", None) or os.devnull)
        if file.suffix == ".py" and "site-packages" not in file.parts and file.resolve().is_relative_to(root):
            yield file.read_text(encoding="utf-8", errors="replace")


def script_directory(config: Config, surroundings: Callable[[], AbstractContextManager[object]]) -> ScriptDirectory:
    """Alembic's view of the folder that ``config`` names; no revision is imported yet.

    Raises:
        SubjectError: when there is no such folder, or a setting that leads to it can't be used.
    """
    with surroundings():
        try:
            script = ScriptDirectory.from_config(config)
            lacking = missing(script.dir, config, Path.cwd()) if version_locations(script) else None
        except (Exception, SystemExit) as error:  # it imports a package to find a folder in it
            cause, remedy = unusable(error, config)
            raise SubjectError(cause, remedy=remedy) from error
        if lacking is not None:
            raise SubjectError(lacking[0], remedy=lacking[1])
        # Alembic puts prepend_sys_path there as it is. Python looks up a relative entry once, in whatever folder.
        sys.path[:] = [str(Path(entry).absolute()) if entry else entry for entry in sys.path]
    return script


@dataclass(frozen=True)
class Imported:
    """The revision files as they were imported, and why others could not be.

    Attributes:
        scripts: in the order of the files.
        defects: in that order too.
    """

    scripts: tuple[Script, ...]
    defects: tuple[Defect, ...]


def load(script: ScriptDirectory, surroundings: Callable[[], AbstractContextManager[object]]) -> Chain:
    """The revisions in ``script``, imported as ``alembic heads`` does it: without env.py.

    Args:
        script: Alembic's view of them.
        surroundings: what the project's code needs while it is imported.

    Raises:
        SubjectError: when there is none.
    """
    with surroundings():
        imported = import_revisions(script)
    return chained(script, imported)


def chained(script: ScriptDirectory, imported: Imported) -> Chain:
    """The chain of the revisions that were ``imported``.

    Raises:
        SubjectError: when there is none.
    """
    scripts, defects = imported.scripts, list(imported.defects)
    absent = [location for location in version_locations(script) if not location.exists()]
    if not scripts and not defects and absent and script.version_locations:
        raise SubjectError(
            f"version_locations names {absent[0]}, and there is no such folder.",
            remedy="Set version_locations in alembic.ini to the folders of your revisions, separated as path_separator"
            " says.",
        )
    if not scripts and not defects:
        locations = ", ".join(_shown(location, script) for location in version_locations(script))
        raise SubjectError(
            f"No revisions in {locations} yet.",
            remedy="Start an empty server (`schemaproof postgres --empty`) and autogenerate the first one against its"
            ' URL: `alembic revision --autogenerate -m "initial"`.',
        )
    defects.extend(gaps(scripts) if not defects else ())
    if defects:
        return Chain(script, tuple(defects), ())
    script.revision_map = RevisionMap(lambda: iter(scripts))
    try:
        revisions = tuple(step.revision for step in script._upgrade_revs("heads", None))  # type: ignore[arg-type]  # Alembic annotates less than it takes and gives
    except (RevisionError, CommandError) as error:
        defect = Defect(
            "chain", None, f"Alembic can't put the revisions in order: {error}", error_text(error), fault="order"
        )
        return Chain(script, (defect,), ())
    return Chain(script, (), revisions)


def import_revisions(script: ScriptDirectory) -> Imported:
    """All revision files of ``script``, each imported once, here and now."""
    scripts: list[Script] = []
    defects: list[Defect] = []
    seen: set[Path] = set()
    for location in version_locations(script):
        for path in files_in(script, location):
            real = path.resolve()
            if real in seen:
                continue
            seen.add(real)
            try:
                found = load_revision(script, real)
            except RevisionError as error:  # the file is right, what it says of others is not
                defects.append(Defect("chain", id_in(real), f"{error}.", real.name, fault="reference"))
            except (Exception, SystemExit) as error:  # noqa: BLE001 (it is the subject's, and told)
                message = f"The revision file {path.name} can't be imported."
                remedy = module_remedy(error, Path.cwd()) or ""  # the project's folder, as for every alembic command
                evidence = error_text(error, revision=real)
                defects.append(Defect("import", id_in(real), message, evidence, remedy, f"import of {path.name}"))
            else:
                scripts.extend([found] if found is not None else [])
                if found is not None and not hasattr(found.module, "upgrade"):
                    message = f"The revision file {path.name} has no function upgrade()."
                    remedy = "Add `def upgrade() -> None:`, with `pass` as its body if there is nothing to do."
                    defects.append(Defect("import", found.revision, message, "", remedy, "no upgrade()"))
    return Imported(tuple(scripts), tuple(defects))


def _shown(location: Path, script: ScriptDirectory) -> str:
    """A folder of revisions, from the one that migrations live in: "migrations/versions"."""
    root = Path(script.dir).resolve().parent
    resolved = location.resolve()
    return str(resolved.relative_to(root) if resolved.is_relative_to(root) else location)


def id_in(path: Path) -> str | None:
    """The revision id in a file that can't be imported, where it is a plain string there."""
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        name, equals, value = line.partition("=")
        if equals and name.partition(":")[0].strip() == "revision":
            return value.partition("#")[0].strip().strip("\"'") or None
    return None


def gaps(scripts: Iterable[Script]) -> Iterator[Defect]:
    """Duplicates, references to revisions that are not there, and cycles."""
    known: dict[str, Script] = {}
    labels: set[str] = set()
    for script in scripts:
        labels.update(script.branch_labels)
        if script.revision in known:
            paths = sorted(Path(one.path).name for one in (known[script.revision], script))
            message = f"Two files have the revision id {script.revision}: Alembic takes the one that it reads last."
            remedy = f"Give one of {' and '.join(paths)} a new id, and set the down_revision of what follows it."
            yield Defect("chain", script.revision, message, " and ".join(paths), remedy, "twice")
        known[script.revision] = script
    for script in known.values():
        references = (
            ("down_revision", _names(script.down_revision), set(known)),
            ("depends_on", _names(script.dependencies), known.keys() | labels),
        )
        for word, names, admitted in references:
            for name in names:
                if name not in admitted:
                    message = f"The {word} of {script.revision} is {name}, and there is no such revision."
                    file = Path(script.path).name
                    remedy = f"Restore the file of {name}, or set {word} in {file} to a revision that exists."
                    yield Defect("chain", script.revision, message, file, remedy, f"{word} {name}")
    yield from _circles(known)


def _names(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)  # type: ignore[arg-type]  # Alembic annotates less than it takes and gives


def _circles(known: dict[str, Script]) -> Iterator[Defect]:
    """The first cycle of down_revisions, else the first one that dependencies close: Alembic may loop in it."""
    labelled = {label: name for name, script in known.items() for label in script.branch_labels}
    below = {name: [one for one in _names(script.down_revision) if one in known] for name, script in known.items()}
    needed = {name: [labelled.get(one, one) for one in _names(script.dependencies)] for name, script in known.items()}
    circle = _circle(below)
    if circle:
        first = min(circle, key=list(known).index)
        remedy = f"Set the down_revision of one of {', '.join(circle[:-1])} to the revision that it was written on."
        yield Defect("chain", first, "The down_revisions form a cycle.", " -> ".join(circle), remedy, "cycle")
        return
    circle = _circle({name: [*below[name], *(one for one in needed[name] if one in known)] for name in known})
    if circle:
        remedy = f"Remove one depends_on of {', '.join(circle[:-1])}: the revision that it names is applied later."
        yield Defect(
            "chain", None, "The revisions depend on each other in a cycle.", " -> ".join(circle), remedy, "cycle"
        )


def _circle(graph: Mapping[str, Iterable[str]]) -> Sequence[str]:
    """The names in a cycle of ``graph``, the first one again at the end; empty where there is none."""
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        circle: list[str] = error.args[1]
        return circle[::-1]  # from a revision to the one that it builds on
    return ()
