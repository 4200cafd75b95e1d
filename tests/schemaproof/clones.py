"""Git repositories with a project, made by git itself."""

import os
import subprocess
from pathlib import Path

from tests.schemaproof.projects import make_project, table

VERSIONS = Path("migrations/versions")


class Clone:
    """A repository with a project of the revisions 0001 to 0003 on the branch main; ``work`` is checked out from it."""

    def __init__(self, root: Path, project: str = ".") -> None:
        self.root, self.folder = root, root / project
        self.subject = make_project(self.folder, [table("t"), table("u"), table("v")])
        self.git("init", "--quiet", "--initial-branch", "main")
        self.commit()
        self.git("checkout", "--quiet", "-b", "work")

    def git(self, *arguments: str) -> str:
        names = {f"GIT_{who}_{what}": "a@b.c" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        environment = os.environ | names | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        done = subprocess.run(
            ["git", *arguments],  # noqa: S607 (as everybody calls it)
            cwd=self.root,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def commit(self, message: str = "more") -> None:
        """Commit everything; two commits of one second and content differ by their ``message``."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)

    def add(self, revision: str = "0004", below: str = "0003", folder: Path = VERSIONS) -> Path:
        """A new revision file, not committed."""
        path = self.folder / folder / f"{revision}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"revision = {revision!r}\ndown_revision = {below!r}\n\n\ndef upgrade():\n    pass\n")
        return path
