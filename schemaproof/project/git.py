"""What has changed in a project since it left a git reference, as git's own commands tell."""

import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from schemaproof.errors import ProofError


class NoRepositoryError(ProofError):
    """The project is in no git repository that can be read."""


class UnknownReferenceError(ProofError):
    """The repository has no such reference."""


@dataclass(frozen=True)
class Repository:
    """A git repository.

    Attributes:
        root: the folder of its working tree, without symbolic links.
    """

    root: Path

    @classmethod
    def of(cls, folder: Path) -> "Repository":
        """The one that ``folder`` is in.

        Raises:
            NoRepositoryError: if there is none, or git refuses it or can't be run.
        """
        done = _git(folder, "rev-parse", "--show-toplevel")
        if done.returncode:
            told = done.stderr.decode(errors="replace").strip()
            doubted = "dubious ownership" in told
            raise NoRepositoryError(
                f"git doesn't trust the repository of {folder}." if doubted else f"{folder} is in no git repository.",
                evidence=told,
                remedy=f"Trust it: `git config --global --add safe.directory {folder}`"
                if doubted
                else "Give --since a revision id of the project, or run this in a clone of its repository.",
            )
        return cls(Path(os.fsdecode(done.stdout).removesuffix("\n")).resolve())

    def merge_base(self, reference: str) -> "Base":
        """The commit at which HEAD and ``reference`` parted.

        Raises:
            UnknownReferenceError: if there is no such reference, or it has no commit in common with HEAD.
        """
        if (
            reference.startswith("-")
            or self._ask("rev-parse", "--verify", "--quiet", f"{reference}^{{commit}}") is None
        ):
            raise UnknownReferenceError(
                f"The repository {self.root} has no reference {reference!r}.", remedy=_fetch(reference)
            )
        commit = self._ask("merge-base", reference, "HEAD")
        if commit is None:
            shallow = self._ask("rev-parse", "--is-shallow-repository") == b"true\n"
            raise UnknownReferenceError(
                f"{reference} and HEAD have no commit in common"
                + (": this clone is shallow." if shallow else f" in {self.root}."),
                remedy="Fetch the rest of the history: `git fetch --unshallow` (in CI, a checkout with fetch-depth: 0)."
                if shallow
                else "Give --since the branch that this one was made from.",
            )
        return Base(self, commit.decode().strip())

    def _ask(self, *arguments: str) -> bytes | None:
        """What git answers; None where it fails."""
        done = _git(self.root, *arguments)
        return None if done.returncode else done.stdout


@dataclass(frozen=True)
class Base:
    """A commit, beside which the working tree is seen, whether or not what is in it was committed.

    Attributes:
        repository: whose.
        commit: its full name.
    """

    repository: Repository
    commit: str

    def touched(self, folders: Iterable[Path]) -> dict[Path, bytes | None]:
        """The files in ``folders`` that are not as they were at the commit, untracked and ignored ones too.

        By path, absolute and without symbolic links: what the file held at the commit, None if it was not there. A file
        that is gone is among them.

        Raises:
            NoRepositoryError: if git fails.
        """
        inside = [str(folder) for folder in folders]
        if not inside:
            return {}
        listed = self._run("diff", "--name-status", "--no-renames", "--no-ext-diff", "-z", self.commit, "--", *inside)
        fields = [os.fsdecode(one) for one in listed.split(b"\0") if one]
        pairs = list(zip(fields[::2], fields[1::2], strict=True))
        former = dict(self._contents([name for status, name in pairs if status != "A"]))
        others = self._run("ls-files", "--others", "--full-name", "-z", "--", *inside)
        names = [*(name for _, name in pairs), *(os.fsdecode(one) for one in others.split(b"\0") if one)]
        return {self.repository.root / name: former.get(name) for name in names}

    def _contents(self, names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """What the files ``names`` held at the commit; those that are none, submodules say, are left out."""
        for name in names:
            done = _git(self.repository.root, "cat-file", "blob", f"{self.commit}:{name}")
            if not done.returncode:
                yield name, done.stdout

    def _run(self, *arguments: str) -> bytes:
        done = _git(self.repository.root, *arguments)
        if done.returncode:
            raise NoRepositoryError(
                f"`git {arguments[0]}` failed in {self.repository.root}.",
                evidence=done.stderr.decode(errors="replace").strip(),
                remedy=f"Run `git -C {self.repository.root} status`: it names what is wrong with the repository.",
            )
        return done.stdout


def _fetch(reference: str) -> str:
    """The remedy for a reference that is not there."""
    remote, slash, branch = reference.partition("/")
    if not slash:
        return "`git branch --all` lists the branches: give --since one of them, or a revision id of the project."
    fetch = f"git fetch {remote} +refs/heads/{branch}:refs/remotes/{reference}"
    return f"Fetch it first: `{fetch}` (in CI, a checkout with fetch-depth: 0)."


def _git(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    """A command of git; nothing of the repository is written, and no program of its configuration is run."""
    environment = os.environ | {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    command = ["git", "-c", "core.fsmonitor=false", "-C", str(folder), *arguments]
    try:
        return subprocess.run(command, capture_output=True, check=False, env=environment, stdin=subprocess.DEVNULL)
    except OSError as error:
        raise NoRepositoryError(
            f"git can't be run: {error.strerror}.",
            remedy="Install git, or give --since a revision id of the project.",
        ) from error
