"""The CI job that verifies a project."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

GITHUB = ".github/workflows/schemaproof.yml"
GITLAB = ".gitlab-ci.yml"

_PACKAGE = '"schemaproof[container,embedded]"'

# From the lock file that a project has: what installs it, and what runs a command in it.
_WAYS = (
    ("uv.lock", f"uv sync\nuv pip install {_PACKAGE}", "uv run --no-sync ", "pipx install uv"),
    ("poetry.lock", f"poetry install\npoetry run pip install {_PACKAGE}", "poetry run ", "pipx install poetry"),
)

_GITHUB = """\
name: schemaproof

on:
  push:
    branches: [{branch}]
  pull_request:

permissions:
  contents: read

jobs:
  verify:
    runs-on: ubuntu-24.04
    timeout-minutes: 30
{defaults}    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
        with:
          fetch-depth: 0 # --since looks for the merge base
          persist-credentials: false
      - uses: actions/setup-python@a26af69be951a213d495a4c3e4e4022e16d87065 # v5.6.0
        with:
          python-version: "{python}"
      - uses: actions/cache@5a3ec84eff668545956fd18022155c47e93e2684 # v4.2.3
        with:
          path: {below}.schemaproof_cache
          key: schemaproof-${{{{ github.sha }}}}
          restore-keys: schemaproof-
{install}
      - name: Verify what a pull request brings
        if: github.event_name == 'pull_request'
        run: {run}schemaproof verify --since "origin/$GITHUB_BASE_REF" --junit schemaproof.xml
      - name: Verify all
        if: github.event_name != 'pull_request'
        run: {run}schemaproof verify --junit schemaproof.xml
"""

# A job of GitLab has no Docker engine unless its runner is set up for it: the embedded server needs none.
_GITLAB = """\
schemaproof:
  image: python:{python}
  variables:
    GIT_DEPTH: "0" # --since looks for the merge base
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
  cache:
    key: schemaproof
    paths: [{below}.schemaproof_cache]
  script:
{install}
    - if [ -n "$CI_MERGE_REQUEST_DIFF_BASE_SHA" ]; then since="--since $CI_MERGE_REQUEST_DIFF_BASE_SHA"; fi
    - {run}schemaproof verify $since --junit schemaproof.xml
  artifacts:
    when: always
    reports:
      junit: {below}schemaproof.xml
"""


@dataclass(frozen=True)
class Job:
    """A CI file.

    Attributes:
        path: the file, absolute.
        text: what is in it, or what is added to it.
        why: the reason for this service.
    """

    path: Path
    text: str
    why: str


def job(project: Path) -> Job:
    """The job for the service that ``project`` uses: GitLab if anything says so, else GitHub."""
    root = Path(_git(project, "rev-parse", "--show-toplevel").strip() or project)
    below = f"{project.relative_to(root).as_posix()}/" if project != root and project.is_relative_to(root) else ""
    remotes = _git(project, "remote", "-v")
    lock, install, run, tool = _installation(project)
    if (root / GITLAB).exists() or "gitlab" in remotes:
        why = f"there is a {GITLAB}" if (root / GITLAB).exists() else "the git remote is GitLab's"
        commands = ["pip install pipx", f"{tool} && export PATH=$PATH:~/.local/bin"] if tool else []
        lines = [*([f"cd {below}"] if below else []), *commands, *install]
        script = "\n".join(f"    - {line}" for line in lines)
        text = _GITLAB.format(python=_python(project), run=run, install=script, below=below)
        return Job(root / GITLAB, text, f"{why}; it installs {lock}")
    steps = "\n".join(f"      - run: {line}" for line in [*([tool] if tool else []), *install])
    head = _git(project, "symbolic-ref", "--short", "refs/remotes/origin/HEAD").strip()
    text = _GITHUB.format(
        branch=head.removeprefix("origin/") or "main",
        python=_python(project),
        run=run,
        install=steps,
        below=below,
        defaults=f"    defaults:\n      run:\n        working-directory: {below}\n" if below else "",
    )
    return Job(root / GITHUB, text, f"nothing says GitLab; it installs {lock}")


def _installation(project: Path) -> tuple[str, list[str], str, str]:
    """What the project is installed from, the commands, what runs a command there, and what installs that tool."""
    for lock, commands, run, tool in _WAYS:
        if (project / lock).exists():
            return lock, commands.splitlines(), run, tool
    for name in ("requirements.txt", "requirements/base.txt"):
        if (project / name).exists():
            return name, [f"pip install -r {name} {_PACKAGE}"], "", ""
    if (project / "setup.py").exists() or "[project]" in _text(project / "pyproject.toml"):
        return "the project itself", [f"pip install -e . {_PACKAGE}"], "", ""
    return "schemaproof alone: name what the project needs", [f"pip install {_PACKAGE}"], "", ""


def _python(project: Path) -> str:
    """The lowest Python that the project names and schemaproof runs on."""
    named = re.search(r"3\.(\d+)", _text(project / ".python-version"))
    named = named or re.search(r"requires-python\s*=\s*[\"']>=\s*3\.(\d+)", _text(project / "pyproject.toml"))
    return f"3.{max(12, int(named[1]))}" if named else "3.12"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _git(project: Path, *arguments: str) -> str:
    """What git says; "" where it says nothing."""
    try:
        done = subprocess.run(
            ["git", "-C", str(project), *arguments],  # noqa: S607 (the git of who runs it)
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout if done.returncode == 0 else ""
