"""Which revisions are asked about: all, those that are new, or those that are named."""

import ast
import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError

from schemaproof.check import Check
from schemaproof.errors import ProofError
from schemaproof.project.compat import version_locations
from schemaproof.project.git import Base, NoRepositoryError, Repository
from schemaproof.report.outcome import Scope
from schemaproof.run.parts import Shard

_LISTED = 3  # revisions that an error names


@dataclass(frozen=True)
class Wanted:
    """What the command line says of the revisions to ask about.

    Attributes:
        since: a git reference or a revision id; None for all revisions.
        revisions: ids, or what Alembic takes for one: the beginning of an id, a branch's label; none for all revisions.
        shard: which part of them this run is to ask about; None for all.
    """

    since: str | None = None
    revisions: tuple[str, ...] = ()
    shard: Shard | None = None

    @classmethod
    def read(cls, since: str | None, revisions: str | None, shard: str | None = None) -> "Wanted":
        """What the options ``--since``, ``--revision`` and ``--shard`` say; None for one that is not given.

        Raises:
            ProofError: if the first two are given, or one is empty or wrong.
        """
        if since is not None and revisions is not None:
            raise ProofError("--since and --revision are both given.", remedy="Give one of them.")
        named = None if revisions is None else tuple(name.strip() for name in revisions.split(","))
        for option, given in (("--since", since), ("--revision", None if named is None else min(named))):
            if given is not None and not given.strip():
                raise ProofError(f"{option} is empty.", remedy=f"Name what to verify: {_EXAMPLES[option]}")
        return cls(since, named or (), Shard.read(shard))

    def checks(self, selected: Sequence[Check]) -> Sequence[Check]:
        """Those of the ``selected`` checks that this run asks."""
        return selected if self.shard is None else self.shard.checks(selected)

    def scope(self, script: ScriptDirectory, order: Sequence[Script], project: Path) -> Scope | None:
        """What is asked of the revisions in ``order``; None for all of them.

        Raises:
            ProofError: on a revision or a reference that is not known, or where git can't answer.
        """
        if not order:  # the files can't be read, which is told
            return None
        if self.since is not None:
            return _since(self.since, script, order, project)
        if self.revisions:
            named = {one for name in self.revisions for one in _resolved(name, "--revision", script, order)}
            asked = tuple(one.revision for one in order if one.revision in named)
            return Scope(asked, "named by --revision")
        return None


EVERYTHING = Wanted()

_EXAMPLES = {"--since": "--since origin/main", "--revision": "--revision ae1027a6acf"}


def _since(name: str, script: ScriptDirectory, order: Sequence[Script], project: Path) -> Scope:
    if any(one.revision == name for one in order):
        return _above(name, order)
    try:
        base = Repository.of(project).merge_base(name)
    except ProofError as error:
        try:
            (revision,) = _resolved(name, "--since", script, order)
        except (ProofError, ValueError):
            raise _unknown(name, error, order) from error
        return _above(revision, order)
    return _not_in(base, name, script, order, project)


def _unknown(name: str, error: ProofError, order: Sequence[Script]) -> ProofError:
    """Why ``name`` is neither a reference, for ``error``, nor a revision."""
    alike = difflib.get_close_matches(name, [one.revision for one in order], n=1)
    near = f"Did you mean {alike[0]}? " if alike else ""
    return type(error)(
        f"--since {name}: no revision of the project has this id. {error.cause}",
        evidence=error.evidence,
        remedy=near + error.remedy,
    )


def _above(revision: str, order: Sequence[Script]) -> Scope:
    """What `alembic upgrade heads` applies to a database that stands at ``revision``."""
    scripts = {one.revision: one for one in order}
    below: set[str] = set()
    waiting = [revision]
    while waiting:
        one = waiting.pop()
        if one not in below:
            below.add(one)
            waiting.extend(scripts[one]._all_down_revisions)
    asked = tuple(one.revision for one in order if one.revision not in below)
    return Scope(asked, f"above revision {revision}")


def _not_in(base: Base, name: str, script: ScriptDirectory, order: Sequence[Script], project: Path) -> Scope:
    """The revisions whose files are not in ``base``, or say something else there."""
    folders, outside = _folders(base.repository, [project / folder for folder in version_locations(script)])
    environment = (project / script.dir).resolve() / "env.py"
    touched = base.touched([*folders, *([environment] if environment.is_relative_to(base.repository.root) else [])])
    former = {identity: text for text in touched.values() if text and (identity := _identity(text))}
    new, edited = [], []
    for one in order:
        path = Path(one.path).resolve()
        if path not in touched:
            continue
        if one.revision not in former:
            new.append(one.revision)
        elif _code(former[one.revision]) != _code(path.read_bytes()):
            edited.append(one.revision)
    asked = tuple(one.revision for one in order if one.revision in {*new, *edited})
    why = f"new since {name} (merge base {base.commit[:10]})"
    remarks = [f"edited since then, so asked too: {', '.join(edited)}"] if edited else []
    if environment in touched:
        remarks.append("env.py was edited since then; without --since it is tried on all revisions")
    remarks += [f"taken for old, since it is not in the repository: {folder}" for folder in outside]
    return Scope(asked, why, tuple(remarks))


def _folders(repository: Repository, locations: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Those of ``locations`` that are in ``repository``, and the others: installed packages, other repositories."""
    inside: list[Path] = []
    outside: list[Path] = []
    for location in locations:
        folder = location.resolve()
        if folder.exists():
            (inside if _is_in(repository, folder) else outside).append(folder)
    return inside, outside


def _is_in(repository: Repository, folder: Path) -> bool:
    if not folder.is_relative_to(repository.root):
        return False
    try:
        return Repository.of(folder) == repository  # and not in a submodule
    except NoRepositoryError:
        return False


def _identity(text: bytes) -> str | None:
    """The revision id that a file's ``text`` assigns; None where it can't be read off."""
    return next((value for name, value in _assigned(text) if name == "revision"), None)


def _assigned(text: bytes) -> Iterator[tuple[str, str]]:
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError):
        return
    for statement in body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(value)))
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant(value=str(value)))
            ):
                yield name, value


def _code(text: bytes) -> str | bytes:
    """What ``text`` does: a formatter, a comment or its docstring change nothing of that."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return text
    match tree.body:
        case [ast.Expr(value=ast.Constant(value=str())), *_]:
            del tree.body[0]
    return ast.dump(tree)


def _resolved(name: str, option: str, script: ScriptDirectory, order: Sequence[Script]) -> tuple[str, ...]:
    """The ids that ``name`` stands for, as Alembic resolves it.

    Raises:
        ProofError: if it stands for none, or for several that begin with it.
    """
    if name in {one.revision for one in order}:
        return (name,)
    try:
        found = tuple(one.revision for one in script.get_revisions(name) if one is not None)
    except CommandError:  # which says the same of one that is unknown and of one that is ambiguous
        found = ()
    if not found:
        several = sum(one.revision.startswith(name) for one in order) > 1
        cause = "several revisions begin with it." if several else "there is no such revision."
        raise ProofError(f"{option} {name}: {cause}", remedy=_nearest(name, order))
    return found


def _nearest(name: str, order: Sequence[Script]) -> str:
    ids = [one.revision for one in order]
    alike = [one for one in ids if one.startswith(name)] or difflib.get_close_matches(name, ids, n=1)
    question = f"Did you mean {' or '.join(alike[:_LISTED])}? " if alike and name else ""
    return f"{question}`alembic history` lists the ids."
