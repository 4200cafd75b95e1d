"""What can be run: ``uv run nox -s tests`` proves it all, the other sessions are parts of it and tools.

Every session installs the hashed pins of ``requirements/`` and makes all of its own set-up. Arguments after ``--`` go
to the tool: ``nox -s tests -- --postgres embedded -k parity``.
"""

import os
import re
import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2026.4.10"
nox.options.default_venv_backend = "uv"
nox.options.reuse_venv = "yes"  # what is installed is made to fit the pins each time
nox.options.sessions = ["tests"]

# Tests start hundreds of processes: where this is set, each would compile all that it imports. And what is compiled
# when it is first imported need not be compiled with all the rest beforehand.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ["UV_COMPILE_BYTECODE"] = "0"

PYTHON = (Path(__file__).parent / ".python-version").read_text().strip()
# All share one server. One more than there are cores: where locks and lost connections are waited for, a core is idle.
PARALLEL = ["-n", str((os.cpu_count() or 1) + 1)]

# What shows whether releases of Alembic, SQLAlchemy and the drivers suit: what asks them, and an example of each area.
VERSIONS = [
    *("-m", "soundness or not soundness"),  # these examples, whether or not all runs ask them
    "tests/schemaproof/migration",
    "--ignore=tests/schemaproof/migration/test_shared_roles.py",  # a server's roles
    *(
        f"tests/test_examples.py::test_example_is_judged_as_expected[{name}]"
        for name in (
            *("revision-chain-sound-several-locations", "single-head-faulty-two-heads"),
            *("upgrade-from-empty-sound-async", "upgrade-from-empty-sound-pyproject"),
            *("downgrade-restores-faulty-leaves-enum", "upgrade-after-downgrade-sound-seed-rows"),
            *("parity-autogenerate-faulty-column-missing", "parity-catalog-faulty-enum-label-order"),
            *("delete-in-sql-faulty-action-missing", "delete-in-orm-faulty-relationship-nulls"),
            *("foreign-key-index-faulty-missing", "offline-script-sound-many-kinds"),
            *("atomicity-sound-async", "rerun-after-failure-sound-concurrently"),
            *("concurrent-deployers-sound-no-guard-async", "values-kept-faulty-rounded"),
            "session-independent-faulty-time-zone",
        )
    ),
]


@nox.session(python=PYTHON)
def tests(session: nox.Session) -> None:
    """Run every test against the built wheel, the harness' among them."""
    _pytest(session, *PARALLEL, "--durations=20", "--override-ini", "testpaths=tests")


@nox.session(python=PYTHON)
def migrations(session: nox.Session) -> None:
    """Run the migration tests."""
    _pytest(session, *PARALLEL, "tests/migrations")


@nox.session(python=PYTHON)
def pool(session: nox.Session) -> None:
    """Run the connection pool tests."""
    _pytest(session, *PARALLEL, "tests/pool")


@nox.session(python=PYTHON)
def bouncer(session: nox.Session) -> None:
    """Run the connection pool tests through PgBouncer, but those of the start, which are about the server itself."""
    session.env["SCHEMAPROOF_PGBOUNCER"] = _pgbouncer(session)
    there = ["capacity", "cancellation", "prepared_statements", "run", "schedules", "stale", "stop", "thirty_seconds"]
    tests = [f"tests/pool/test_{name}.py" for name in there]
    _pytest(session, *PARALLEL, "--through-pgbouncer", "tests/schemaproof/traffic/test_pgbouncer.py", *tests)


@nox.session(python=PYTHON)
def cascade(session: nox.Session) -> None:
    """Run the cascade tests."""
    _pytest(session, "-k", "cascade")


@nox.session(python=PYTHON)
def oldest(session: nox.Session) -> None:
    """Run tests of the harness on the lowest releases that it supports: ``-- tests/schemaproof`` for others."""
    _install(session, "oldest")
    # Below 9, pytest does not read [tool.pytest] of pyproject.toml.
    settings = ["-c", "tests/oldest.ini", "--rootdir", ".", "--confcutdir", "."]
    session.run("pytest", *settings, *(session.posargs or [*PARALLEL, *VERSIONS]))


@nox.session(python=PYTHON)
def newest(session: nox.Session) -> None:
    """Run the same on the newest releases that there are today, where the pins are not those."""
    _install(session)
    pinned = _installed(session)
    session.install("--upgrade", "--group", "test")
    if _installed(session) == pinned and not session.posargs:
        session.skip("the pins are the newest releases")
    session.install("--no-deps", "--no-build-isolation", "--reinstall", ".")
    session.run("pytest", *(session.posargs or [*PARALLEL, *VERSIONS]))


@nox.session(python=PYTHON)
def soundness(session: nox.Session) -> None:
    """Prove for all examples what the tests prove for some: ``-- --postgres-image postgres:15``."""
    _pytest(session, *PARALLEL, "--override-ini", "testpaths=tests", "-m", "soundness")


@nox.session(python=PYTHON)
def lint(session: nox.Session) -> None:
    """Check style, formatting, and which folder imports from which."""
    session.install("-r", "requirements/lint.txt")
    session.run("ruff", "check", *session.posargs)
    session.run("ruff", "format", "--check")
    session.run("lint-imports", "--no-logo", "--no-cache")


@nox.session(python=PYTHON)
def types(session: nox.Session) -> None:
    """Check the types."""
    session.install("-r", "requirements/types.txt")
    session.run("mypy", *session.posargs)


@nox.session(python=PYTHON)
def docs(session: nox.Session) -> None:
    """Build the documentation into site/, its links checked; ``-- --refresh`` first asks verify what it prints now."""
    if session.posargs:
        _install(session)
        session.run("python", "-m", "tests.pages", *session.posargs)
    session.install("-r", "requirements/docs.txt")
    session.run("sphinx-build", "--quiet", "--fail-on-warning", "--keep-going", "--nitpicky", "docs", "site")


@nox.session(python=PYTHON)
def bench(session: nox.Session) -> None:
    """Measure, and print ratios taken in one run."""
    _install(session, "bench")
    for benchmark in sorted(Path("benchmarks").glob("bench_*.py")):
        session.run("python", str(benchmark), *session.posargs)


@nox.session(python=PYTHON)
def pins(session: nox.Session) -> None:
    """Compile requirements/*.txt again; ``-- --upgrade`` takes newer versions."""
    for name in ("oldest", "test", "bench", "lint", "types", "docs"):
        group, resolution = ("harness", "lowest-direct") if name == "oldest" else (name, "highest")
        session.run_install(
            *("uv", "pip", "compile", "--universal", "--generate-hashes", "--no-header", "--quiet"),
            *("--no-annotate", "--no-emit-package", "schemaproof", "--python-version", PYTHON),
            *("--resolution", resolution, "--group", group),
            *("--output-file", f"requirements/{name}.txt", *session.posargs),
            external=True,
        )


def _install(session: nox.Session, group: str = "test") -> None:
    session.install("-r", f"requirements/{group}.txt")
    # The wheel, as others get it, not this folder.
    session.install("--no-deps", "--no-build-isolation", ".")


def _installed(session: nox.Session) -> set[str]:
    """The releases in the session's environment, but for the harness."""
    listed = str(session.run("uv", "pip", "freeze", external=True, silent=True))
    return {line for line in listed.splitlines() if "==" in line and not line.startswith("schemaproof")}


def _pytest(session: nox.Session, *arguments: str) -> None:
    _install(session)
    session.run("pytest", *arguments, *session.posargs)


def _pgbouncer(session: nox.Session) -> str:
    """The path of the PgBouncer that is installed, else of Debian's, unpacked into the session's own folder."""
    if found := os.environ.get("SCHEMAPROOF_PGBOUNCER") or shutil.which("pgbouncer"):
        return found
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        session.error("There is no PgBouncer: install it, or set SCHEMAPROOF_PGBOUNCER to the program.")
    folder = Path(session.virtualenv.location) / "pgbouncer"
    folder.mkdir(exist_ok=True)
    install = ["apt-get", "--simulate", "--no-install-recommends", "install", "pgbouncer"]
    packages = re.findall(r"^Inst (\S+)", str(session.run(*install, external=True, silent=True)), re.MULTILINE)
    with session.chdir(folder):
        session.run("apt-get", "download", *packages, external=True)
    for package in folder.glob("*.deb"):
        session.run("dpkg-deb", "--extract", str(package), str(folder), external=True)
    program = folder / "pgbouncer"
    # Only it gets the libraries that came with it.
    libraries = ":".join(sorted({str(library.parent) for library in folder.glob("usr/lib/**/*.so.*")}))
    program.write_text(f'#!/bin/sh\nLD_LIBRARY_PATH="{libraries}" exec "{folder}/usr/sbin/pgbouncer" "$@"\n')
    program.chmod(0o755)
    return str(program)
