"""What is shown of the subject's errors and output: places as an editor opens them, and nothing of its logs of SQL."""

import functools
import os
import re
import sys
import traceback
from importlib.util import cache_from_source
from pathlib import Path

from schemaproof.addresses import without_addresses

_PACKAGES = re.compile(r"(?:/[^\s:;,\"'<>()]*)?/(?:site|dist)-packages/")
_BACKGROUND = re.compile(r"\n?\(Background on this (?:error|warning) at: \S*\)")

_UPWARDS = 3  # folders above the project up to which another file's path is given from the project
_LINE = 300  # characters of one line that are shown


def is_project_file(filename: str) -> bool:
    """Whether code in ``filename`` is the project's, and neither Python's, a library's nor the harness'.

    The frames of a compiled extension name the file that it was built from, on another machine: the relative
    "asyncpg/pgproto/uuid.pyx". So such a name counts only if there is that file in the current folder, which is the
    project's while its code runs.
    """
    if not os.path.isabs(filename):  # noqa: PTH117 (for each frame)
        return _is_there(filename) and _is_of_nobody_else(os.path.abspath(filename))  # noqa: PTH100 (likewise)
    if not filename.endswith(".py") and not os.path.isfile(filename):  # noqa: PTH113 (likewise)
        return False
    return _is_of_nobody_else(filename)


def _is_there(filename: str) -> bool:
    """Whether a source is there, or what it was compiled to, which a project may ship in its place."""
    names = [filename]
    if filename.endswith(".py"):
        names += [f"{filename}c", cache_from_source(filename)]
    return any(map(os.path.isfile, names))


@functools.cache
def _is_of_nobody_else(filename: str) -> bool:
    parts = Path(filename).parts
    return "site-packages" not in parts and "dist-packages" not in parts and not filename.startswith(_OTHERS)


# This package's folder, Python's own, and that of the command that runs this.
_OTHERS = tuple(
    f"{folder}{os.sep}" for folder in (Path(__file__).parents[1], Path(os.__file__).parent, Path(sys.prefix, "bin"))
)


def shown_path(filename: str, project: Path | None = None) -> str:
    """``filename`` from the folder of the project, which is the current one while its code runs.

    That of a library begins with its package, and that of one of Python's modules with the module. Where the project
    lies elsewhere altogether, it stays as it is.
    """
    path = Path(filename)
    if not path.is_absolute():
        return filename
    for name in ("site-packages", "dist-packages"):
        if name in path.parts:
            return str(Path(*path.parts[path.parts.index(name) + 1 :]))
    if filename.startswith(_OTHERS[1]):
        return filename.removeprefix(_OTHERS[1])
    relative = os.path.relpath(os.path.realpath(filename), os.path.realpath(project or Path.cwd()))
    return filename if relative.startswith(f"..{os.sep}" * (_UPWARDS + 1)) else relative


def place_shown(filename: str, line: int, project: Path | None = None) -> str:
    """A line of code as an editor opens it."""
    return f"{shown_path(filename, project)}:{line}"


def scrubbed(text: str, project: Path | None = None) -> str:
    """``text`` without memory addresses, and with paths as in :func:`shown_path`."""
    text = without_addresses(text)
    folders = {f"{project or Path.cwd()}{os.sep}", f"{os.path.realpath(project or Path.cwd())}{os.sep}"}
    text = _PACKAGES.sub("", text)
    for folder in sorted((one for one in folders if len(one) > 1), key=len, reverse=True):
        text = re.sub(rf"(?<![\w./-]){re.escape(folder)}", "", text)
    return text.replace(_OTHERS[1], "")


def error_text(error: BaseException, project: Path | None = None, revision: Path | None = None) -> str:
    """``error``, its statement where it has one, and the last line of the project's code that it passed.

    Where that is in another file than the ``revision`` whose code ran, the revision's line comes before it.
    """
    error = _first(error)
    passed = [frame for frame in traceback.extract_tb(error.__traceback__) if is_project_file(frame.filename)]
    told = passed[-1:]
    if revision is not None and told:
        own = [frame for frame in passed if os.path.realpath(frame.filename) == os.path.realpath(revision)]
        told = [*own[-1:], *(one for one in told if one not in own)]
    place = "".join(f"\n  at {_line_shown(frame, project)}" for frame in told)
    text = _BACKGROUND.sub("", str(error))
    lines = [line.rstrip() for line in scrubbed(text, project).splitlines() if line.strip()]
    name = type(error).__name__
    return (f"{name}: " + "\n".join(lines) if lines else name) + place


def _line_shown(frame: traceback.FrameSummary, project: Path | None) -> str:
    code = f": {cut(frame.line)}" if frame.line else ""
    return f"{place_shown(frame.filename, frame.lineno or 0, project)}{code}"


def cut(text: str) -> str:
    """The beginning of a line that is too long."""
    return text if len(text) <= _LINE else text[: _LINE - 3] + "..."


def _first(error: BaseException) -> BaseException:
    """``error``, or of a group of them the first: a group's own text says how many there are, and no more."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
