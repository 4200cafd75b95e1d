"""The documentation's pages of the checks, made from the registry, the examples and what ``verify`` printed of them.

``python -m tests.pages`` writes docs/checks; with ``--refresh`` it asks ``verify`` again before, and keeps what it
prints as verify.txt in the example's folder. tests/test_examples.py sees to it that this is still what it prints.
"""

import argparse
import ast
import os
import pty
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

from schemaproof import manual
from schemaproof.check import Check
from schemaproof.proofs.registry import BY_AREA, CHECKS
from tests.example import PROJECTS, ROOT, assembled, expected

FOLDER = Path(__file__).parents[1] / "docs" / "checks"

# Columns of what is printed: where it is narrower, tables in it break.
WIDTH = 120


class Pair(NamedTuple):
    """The examples that a check's page shows: projects in its folder, and what else has to be asked to see it."""

    faulty: str
    sound: str
    select: str = ""


# A sound one that does the same as the faulty one, done right, wherever there is one.
PAIRS = {
    "revision-import": Pair("faulty-import-error", "sound-imports-application"),
    "revision-chain": Pair("faulty-missing-parent", "sound-file-order"),
    "single-head": Pair("faulty-two-heads", "sound-merge"),
    "upgrade-from-empty": Pair("faulty-needs-rows", "sound-async"),
    "upgrade-again": Pair("faulty-env-adds-table", "sound-marks-version-table"),
    "upgrade-in-one-call": Pair("faulty-new-enum-value", "sound-enum-value-used-later"),
    "branch-by-itself": Pair("faulty-no-depends-on", "sound-depends-on"),
    "downgrade-missing": Pair("faulty-pass", "sound-irreversible"),
    "downgrade-runs": Pair("faulty-wrong-order", "sound-autocommit"),
    "downgrade-restores": Pair("faulty-leaves-enum", "sound-enum-remade"),
    "upgrade-after-downgrade": Pair("faulty-leaves-rows", "sound-seed-rows"),
    "downgrade-to-base": Pair("faulty-pending-events", "sound-immediate"),
    "upgrade-with-rows": Pair("faulty-set-not-null", "sound-filled-before-not-null"),
    "rows-kept": Pair("faulty-inner-join-in-rebuild", "sound-left-join-in-rebuild"),
    "values-kept": Pair("faulty-rounded", "sound-rounding-said"),
    "privileges-kept": Pair("faulty-table-rebuilt", "sound-table-rebuilt"),
    "backfill-complete": Pair("faulty-inner-join", "sound-default-for-the-rest"),
    "generators-ahead": Pair("faulty-copied-rows", "sound-copied-rows"),
    "session-independent": Pair("faulty-time-zone", "sound-time-zone"),
    "downgrade-with-rows": Pair("faulty-longer", "sound-cut"),
    "downgrade-keeps-rows": Pair("faulty-column-empty", "sound-copied-back"),
    "parity-autogenerate": Pair("faulty-column-missing", "sound-spelling"),
    "parity-catalog": Pair("faulty-check-missing", "sound-check-spelling"),
    "foreign-key-enforced": Pair("faulty-not-valid", "sound-not-valid-then-validated"),
    "foreign-key-index": Pair("faulty-missing", "sound-covered-by-unique"),
    "delete-in-sql": Pair("faulty-action-missing", "sound-two-paths"),
    "delete-refused-below": Pair("faulty-no-action-below", "sound-all-the-way"),
    "delete-in-orm": Pair("faulty-relationship-nulls", "sound-passive-deletes"),
    "delete-loads-children": Pair("faulty-loads-children", "sound-passive-deletes"),
    "concurrent-delete": Pair("faulty-in-orm-only", "sound-passed-on"),
    "atomicity": Pair("faulty-commit-inside", "sound-one-transaction"),
    "rerun-after-failure": Pair("faulty-concurrently-trips", "sound-concurrently"),
    "crash-recovery": Pair("faulty-synchronous-commit-off", "sound-durable"),
    "concurrent-deployers": Pair("faulty-no-guard", "sound-advisory-lock-polled"),
    "reads-blocked": Pair("faulty-unique-constraint", "sound-unique-using-index"),
    "writes-blocked": Pair("faulty-create-index", "sound-concurrently"),
    # Notes: worth knowing, and no fault.
    "lock-unbounded": Pair("sound-no-timeout", "sound-timeout"),
    "lock-order": Pair("sound-two-tables", "sound-one-table-after-the-other"),
    "functions-run": Pair("faulty-trigger-reads-dropped-column", "sound-replaced"),
    "older-release-writes": Pair("faulty-filled-then-required", "sound-default-for-the-new"),
    "older-release-reads": Pair("faulty-column-renamed", "sound-renamed-with-a-view"),
    "older-release-reads-dropped": Pair("sound-nullable-noted", "sound-made-nullable-before"),
    "newer-rows-rolled-back": Pair("faulty-trigger-again", "sound-codes-become-numbers"),
    "offline-script": Pair("faulty-inspects", "sound-data-only-online"),
    # Whether an allowance matches is known once the check that it names was asked.
    "unused-allowance": Pair("faulty", "sound", "downgrade-restores"),
}

# Checks whose findings name one of the revisions that they are about.
_TAKE_SEVERAL = {"branch-by-itself", "backfill-complete", "upgrade-in-one-call"}

_SEVERITIES = ("error", "warning", "note")

_MADE = "<!-- Made by `uv run python -m tests.pages` from the registry and the examples: edit those. -->"

# What is code already, or a name that nobody takes for prose: lock_timeout, op.get_bind(), passive_deletes=True.
_NAME = re.compile(r"(`[^`]*`)|[\w.]*\w_\w[\w.]*(?:\(\))?(?:=\w+)?(?<!\.)|\b[\w.]+\(\)")

_INDEX = """\
# The checks

Each check is asked by itself: `--select` and `--ignore` take its name, or that of its area. A page tells what the check
proves, what happens in production where it fails, and what to do. It shows a faulty project, what `schemaproof verify`
prints for it, and a sound project that does the same. [How each proof works](../proofs.md) says what is done to find
out, and what that can't see.
"""


def shown(check: str) -> Path:
    """The example of ``check`` that its page shows as faulty."""
    return ROOT / check / PAIRS[check].faulty


def selected(check: str) -> tuple[str, ...]:
    """The checks that are asked for what the page of ``check`` shows."""
    return tuple(name for name in (PAIRS[check].select, check) if name)


def is_noted(check: str) -> bool:
    """Whether its page shows a note, which tells all of its evidence only with -v."""
    return PAIRS[check].faulty.startswith("sound")


def printed(check: str) -> str:
    """What ``verify`` printed of the example, as it was kept."""
    return (shown(check) / "verify.txt").read_text(encoding="utf-8")


def lasting(text: str) -> str:
    """What is the same of ``text`` in every run and on every server.

    That is all but the server, seconds, the blocks that rows take, where pages are, and who loses a race of processes.
    """
    # Wrapped, where a name is long; what took the longest is said of long runs.
    told = re.sub(r"^(?:postgres|took the longest): .*?\n\n", "", text, flags=re.DOTALL | re.MULTILINE)
    if "[concurrent-deployers]" in told:
        told = re.sub(r"^ +\|.*\n", "", told, flags=re.MULTILINE)
        told = re.sub(r"\b\d of (\d)\b", r"... of \1", told)
    told = re.sub(r"\b[\d,]+\s+blocks\b", "... blocks", told)
    told = re.sub(r"\bin [\d.]+\s+s\b(\s+\([\d,]+\s+a\s+second\))?", "in ... s", told)
    told = re.sub(r"\bPostgreSQL\s+[\d.]+", "PostgreSQL ...", " ".join(told.split()))
    return re.sub(r"= page: \S+(?: in schemaproof's repository)?", "= page", told)


def page(check: Check) -> str:
    """The page of ``check``; ends with a newline."""
    pair = PAIRS[check.id]
    command = f"schemaproof verify --select {','.join(selected(check.id))}{' -v' if is_noted(check.id) else ''}"
    faulty, sound = ROOT / check.id / pair.faulty, ROOT / check.id / pair.sound
    asked = "of each revision" if check.scope == "revision" else "once, of the whole history"
    heading = "A project with something to know" if is_noted(check.id) else "A project with a fault"
    parts = [
        _MADE,
        f"# {check.id}",
        _inline(check.title),
        f"| area | asked | severity |\n|---|---|---|\n"
        f"| [{check.area}](../proofs.md#{check.area}) | {asked} | {severity(check.id)} |",
        f"**What happens in production.** {_inline(check.reason)}",
        f"**What to do.** {_prose(check.remedy.replace('the error above', 'the error that the finding shows'))}",
        f"## {heading}",
        _about(faulty),
        *_files(faulty, check.id),
        "## What verify prints",
        f"```console\n$ {command}\n{printed(check.id).rstrip()}\n```",
        "## A sound project",
        _about(sound),
        *_files(sound, check.id, beside=faulty),
        f"The whole projects are in `tests/examples/{check.id}`; `uv run python -m tests.example"
        f" {check.id}/{pair.faulty} FOLDER` writes the first one to try it. To accept a finding, see"
        " [allowances](../old-project.md#allowances).",
    ]
    return "\n\n".join(parts) + "\n"


def index() -> str:
    """The page that lists the checks by area; ends with a newline."""
    parts = [_MADE, _INDEX.rstrip()]
    by_id = {check.id: check for check in CHECKS}
    for area, ids in BY_AREA.items():
        rows = [f"| [{one}]({one}.md) | {_cell(by_id[one].title)} | {severity(one)} |" for one in ids]
        parts += [f"## {area}", "\n".join(["| check | what it proves | severity |", "|---|---|---|", *rows])]
    names = "\n".join(check.id for check in CHECKS)
    parts.append(f"```{{toctree}}\n:hidden:\n\n{names}\n```")
    return "\n\n".join(parts) + "\n"


def severity(check: str) -> str:
    """How bad its findings are, as its examples show: "error", "error, warning or note"."""
    names = [name for name in _SEVERITIES if name in _severities().get(check, ())]
    return " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


@cache
def _severities() -> dict[str, set[str]]:
    """By check, what its findings in all examples are."""
    found: dict[str, set[str]] = {}
    for finding in (one for project in PROJECTS for one in expected(project).get("finding", ())):
        found.setdefault(finding["check"], set()).add(finding["severity"])
    return found


def files() -> dict[Path, str]:
    """All that is written to docs/checks."""
    return {FOLDER / "index.md": index(), **{FOLDER / f"{check.id}.md": page(check) for check in CHECKS}}


def refresh(check: str) -> None:
    """Ask ``verify`` about the example of ``check``, and keep what it prints if that has changed."""
    kept = shown(check) / "verify.txt"
    with assembled(shown(check)) as project:
        options = ("--project", str(project), "--postgres", "embedded", "--no-cache", "--no-github")
        verbose = ["-v"] if is_noted(check) else []
        text = on_a_terminal("verify", "--select", ",".join(selected(check)), *verbose, *options)
    if not kept.exists() or lasting(kept.read_text(encoding="utf-8")) != lasting(text):
        kept.write_text(text, encoding="utf-8")


def on_a_terminal(*arguments: str) -> str:
    """What the command prints on a terminal without colours, ``WIDTH`` columns wide."""
    ours, theirs = pty.openpty()
    command = [str(Path(sys.executable).with_name("schemaproof")), *arguments]
    environ = os.environ | {"NO_COLOR": "1", "COLUMNS": str(WIDTH), manual.VARIABLE: ""}
    with subprocess.Popen(command, stdout=theirs, stderr=subprocess.PIPE, env=environ, text=True) as process:
        os.close(theirs)
        read: list[bytes] = []
        with suppress(OSError):  # so Linux tells that nobody writes any more
            while piece := os.read(ours, 65_536):
                read.append(piece)
        told = process.stderr.read() if process.stderr else ""
    os.close(ours)
    if process.returncode not in {0, 1}:
        raise RuntimeError(f"schemaproof {' '.join(arguments)} ended with {process.returncode}:\n{told}")
    return b"".join(read).decode().replace("\r\n", "\n")


def _about(example: Path) -> str:
    """The comment at the head of its expected.toml."""
    lines = (example / "expected.toml").read_text(encoding="utf-8").splitlines()
    comment = [line.removeprefix("#").strip() for line in lines[: _first(lines)]]
    told = re.sub(r"^As faulty-[\w-]+", "The same project", " ".join(comment))
    return _inline(told)


def _first(lines: Sequence[str]) -> int:
    return next(number for number, line in enumerate(lines) if not line.startswith("#"))


def _files(example: Path, check: str, beside: Path | None = None) -> Iterator[str]:
    """Its code, file by file, without what only leads there; ``beside``: without what that one has too."""
    for path in _telling(example, check):
        place = path.relative_to(example)
        text = path.read_text(encoding="utf-8").rstrip()
        other = None if beside is None else beside / place
        if other is None or not other.exists() or other.read_text(encoding="utf-8").rstrip() != text:
            language = {".py": "python", ".toml": "toml", ".ini": "ini", ".sql": "sql"}.get(path.suffix, "text")
            yield f"`{place.as_posix()}`\n\n```{language}\n{text}\n```"


def _telling(example: Path, check: str) -> list[Path]:
    """The project's files in the order in which they are read: revisions that are found faulty, settings, models.

    Where nothing is said of a revision, or what is found takes several, all but the first, which makes what they find.
    """
    own = [path for path in sorted(example.rglob("*")) if path.is_file() and "__pycache__" not in path.parts]
    own = [path for path in own if path.name not in {"expected.toml", "verify.txt", ".gitkeep"} and path.stat().st_size]
    revisions = [path for path in own if path.suffix == ".py" and _names(path, "revision")]
    found = expected(example).get("finding", ())
    named = {finding.get("revision") for finding in found if finding["check"] == check} - {None}
    meant = [path for path in revisions if named & _names(path, "revision")]
    if not meant or check in _TAKE_SEVERAL:
        meant = revisions[1:] or revisions
    others = [path for path in own if path not in revisions]
    return [*meant, *sorted(others, key=lambda path: (path.name == "models.py", path.name != "env.py", path))]


def _names(path: Path, variable: str) -> set[str]:
    """What the module at ``path`` assigns to ``variable``, as text."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError:
        return set()
    found = [node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign)]
    return {
        str(node.value.value)
        for node in found
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and target.id == variable and isinstance(node.value, ast.Constant)
    }


def _prose(text: str) -> str:
    """``text`` as Markdown: lines that begin with a space are code, what looks like HTML or emphasis is text."""
    parts: list[str] = []
    code: list[str] = []
    for line in [*text.splitlines(), ""]:
        if line.startswith(" "):
            code.append(line)
            continue
        if code:
            parts.append(f"```python\n{textwrap.dedent(chr(10).join(code))}\n```")
            code = []
        parts.append(_inline(line))
    return "\n\n".join(filter(None, parts))


def _inline(line: str) -> str:
    """``line``, in which code stays and names become code; marks elsewhere mean nothing."""
    pieces = re.split(r"(`[^`]*`)", _NAME.sub(lambda found: found[0] if found[1] else f"`{found[0]}`", line))
    return "".join(piece if piece.startswith("`") else re.sub(r"([*_<>\[\]])", r"\\\1", piece) for piece in pieces)


def _cell(text: str) -> str:
    return _inline(text).replace("|", "\\|")


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the pages."""
    parser = argparse.ArgumentParser(prog="python -m tests.pages", description="Write docs/checks.")
    parser.add_argument("--refresh", action="store_true", help="ask verify again what it prints of each example")
    parser.add_argument("names", nargs="*", metavar="CHECK", help="refresh only these (default: all)")
    parsed = parser.parse_args(arguments)
    if parsed.refresh:
        for check in parsed.names or PAIRS:
            print(f"verify on {check}/{PAIRS[check].faulty}", file=sys.stderr)
            refresh(check)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
