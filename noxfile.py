"""What can be run: ``uv run nox -s tests`` proves it all, the other sessions are parts of it and tools.

Every session installs the hashed pins of ``requirements/`` and makes all of its own set-up. Arguments after ``--`` go
to the tool: ``nox -s tests -- --postgres embedded -k parity``.
"""

from pathlib import Path

import nox

nox.needs_version = ">=2026.4.10"
nox.options.default_venv_backend = "uv"
nox.options.sessions = ["tests"]

PYTHON = (Path(__file__).parent / ".python-version").read_text().strip()
PARALLEL = ["-n", "logical"]  # a process for each core; all share one server


@nox.session(python=PYTHON)
def tests(session: nox.Session) -> None:
    """Run every test against the built wheel."""
    _pytest(session, *PARALLEL)


@nox.session(python=PYTHON)
def migrations(session: nox.Session) -> None:
    """Run the migration tests."""
    _pytest(session, *PARALLEL, "tests/migrations")


@nox.session(python=PYTHON)
def pool(session: nox.Session) -> None:
    """Run the connection pool tests."""
    _pytest(session, "tests/pool")


@nox.session(python=PYTHON)
def cascade(session: nox.Session) -> None:
    """Run the cascade tests."""
    _pytest(session, "-k", "cascade")


@nox.session(python=PYTHON)
def lint(session: nox.Session) -> None:
    """Check style and formatting."""
    session.install("-r", "requirements/lint.txt")
    session.run("ruff", "check", *session.posargs)
    session.run("ruff", "format", "--check")


@nox.session(python=PYTHON)
def types(session: nox.Session) -> None:
    """Check the types."""
    session.install("-r", "requirements/types.txt")
    session.run("mypy", *session.posargs)


@nox.session(python=PYTHON)
def bench(session: nox.Session) -> None:
    """Measure, and print ratios taken in one run."""
    _install(session, "bench")
    for benchmark in sorted(Path("benchmarks").glob("bench_*.py")):
        session.run("python", str(benchmark), *session.posargs)


@nox.session(python=PYTHON)
def pins(session: nox.Session) -> None:
    """Compile requirements/*.txt again; ``-- --upgrade`` takes newer versions."""
    for group in ("test", "bench", "lint", "types"):
        session.run_install(
            *("uv", "pip", "compile", "--universal", "--generate-hashes", "--no-header", "--quiet"),
            *("--no-annotate", "--no-emit-package", "schemaproof", "--python-version", PYTHON),
            *("--group", group, "--output-file", f"requirements/{group}.txt", *session.posargs),
            external=True,
        )


def _install(session: nox.Session, group: str = "test") -> None:
    session.install("-r", f"requirements/{group}.txt")
    # The wheel, as others get it, not this folder.
    session.install("--no-deps", "--no-build-isolation", ".")


def _pytest(session: nox.Session, *arguments: str) -> None:
    _install(session)
    session.run("pytest", *arguments, *session.posargs)
