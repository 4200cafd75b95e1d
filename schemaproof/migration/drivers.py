"""Which driver a project uses: what it names comes first, then what is installed and not merely the harness' own.

Drivers differ in what they accept, so that a revision may fail with one that runs with another.
"""

import importlib.util
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

PLAIN = ""  # postgresql://, which leaves the driver to SQLAlchemy or to env.py

# SQLAlchemy's names of the drivers that the harness knows, and the distributions that bring them. psycopg is last: the
# harness needs it itself, so that it is installed whatever the project uses.
_DISTRIBUTIONS = {
    "asyncpg": ("asyncpg",),
    "psycopg2": ("psycopg2", "psycopg2-binary"),
    "psycopg": ("psycopg", "psycopg-binary", "psycopg-c"),
}
KNOWN = tuple(_DISTRIBUTIONS)
_OURS = "schemaproof"

_IN_CODE = re.compile(r"postgres(?:ql)?\+(asyncpg|psycopg2|psycopg)(?:_async)?\b")
_ASYNC = re.compile(r"\b(?:create_async_engine|async_engine_from_config|AsyncEngine)\b")
_NAME = re.compile(r"^[\s\"'-]*([A-Za-z0-9][A-Za-z0-9._-]*)")

# What is read of a project, the nearest files first: enough for any settings module, and bounded.
_FILES = 500
_SIZE = 500_000  # bytes of one file
_DEPTH = 4  # folders
_OTHERS = {"tests", "test", "docs", "examples", "benchmarks", "node_modules", "site-packages", "versions", "venv"}
_DOTENV = (".env", ".env.local", ".env.development", ".env.dev", ".env.example", ".env.sample", ".env.template")


@dataclass(frozen=True)
class Choice:
    """A driver to try.

    Attributes:
        driver: SQLAlchemy's name of it; ``PLAIN`` for a URL that names none.
        why: for people: "named in requirements.txt".
        named: whether it is the project that names it.
    """

    driver: str
    why: str
    named: bool = True


def choices(project: Path, env_py: Path, given: str | None, url: str | None, url_env: str) -> Iterator[Choice]:
    """The drivers to try, the likeliest first, each once; none is left out that is installed.

    They are looked for one by one, as they are asked for.

    Args:
        project: its folder.
        env_py: the folder of its env.py.
        given: the driver that the user names; no other is tried then.
        url: the project's own ``sqlalchemy.url``.
        url_env: the environment variable that it takes its URL from.
    """
    if given is not None:
        yield Choice(given, "as given")
        return
    found: set[str] = set()
    for choice in chain(_of_urls(url, url_env), _named(project, env_py), _installed()):
        if choice.driver not in found and (choice.driver == PLAIN or _is_importable(choice.driver)):
            found.add(choice.driver)
            yield choice


def default_driver() -> str:
    """The driver that ``postgresql://`` means to this SQLAlchemy: psycopg2, from 2.1 on psycopg."""
    return make_url("postgresql://").get_dialect().driver


def _of_urls(url: str | None, url_env: str) -> Iterator[Choice]:
    """What the URLs name that the project has for itself, where they are PostgreSQL's."""
    places = (("sqlalchemy.url", url), (f"the environment's {url_env}", os.environ.get(url_env)))
    for where, value in places:
        try:
            backend, _, driver = make_url(value or "").drivername.partition("+")
        except (ArgumentError, ValueError):  # ValueError: a port that is no number
            continue
        if backend in {"postgresql", "postgres"} and (driver or _is_importable(default_driver())):
            yield Choice(driver.removesuffix("_async"), f"named in {where}" if driver else f"{where} names none")


def _named(project: Path, env_py: Path) -> Iterator[Choice]:
    """What the project's files name: its code, its .env files, then what it depends on."""
    for path in (env_py / "env.py", *(project / name for name in _DOTENV), *source_files(project)):
        for driver in dict.fromkeys(_IN_CODE.findall(_text(path))):
            yield Choice(driver, f"named in {_shown(path, project)}")
    is_async = bool(_ASYNC.search(_text(env_py / "env.py")))
    for folder in (project, *_parents(project)):
        named = list(_required(folder))
        # Of several, the one that suits env.py's engine: the application may have another than the migrations.
        yield from sorted(named, key=lambda choice: (choice.driver == "asyncpg") is not is_async)
        if named:
            return


def _installed() -> Iterator[Choice]:
    """What is installed: psycopg last, which the harness brings along itself."""
    for driver in _DISTRIBUTIONS:
        yield Choice(driver, "installed", named=False)


def _is_importable(driver: str) -> bool:
    return importlib.util.find_spec(driver) is not None


def requirements(folder: Path) -> Iterator[tuple[Path, set[str]]]:
    """The files that say what the project in ``folder`` depends on, with the names in each, normalized."""
    files = [folder / "pyproject.toml", folder / "Pipfile", folder / "setup.cfg", folder / "setup.py"]
    files += [*sorted(folder.glob("*requirements*.txt")), *sorted(folder.glob("requirements/*.txt"))]
    for path in files:
        if names := set(_requirements(path)):
            yield path, names


def _required(folder: Path) -> Iterator[Choice]:
    """The drivers among what the project in ``folder`` depends on."""
    for path, names in requirements(folder):
        for driver, distributions in _DISTRIBUTIONS.items():
            if names & set(distributions):
                yield Choice(driver, f"named in {path.relative_to(folder)}")


def _requirements(path: Path) -> Iterator[str]:
    text = _text(path)
    if path.suffix == ".toml" or path.name == "Pipfile":
        try:
            yield from _tables(tomllib.loads(text), own=path.name == "Pipfile")
        except tomllib.TOMLDecodeError:
            return
    elif path.suffix in {".cfg", ".py"}:
        known = {name for names in _DISTRIBUTIONS.values() for name in names}
        yield from known & set(re.findall(r"[A-Za-z0-9][A-Za-z0-9._-]*", text))
    else:
        # pip-compile's: what only the harness needs has "# via schemaproof" below it.
        for match in re.finditer(r"^(?![#\s-])(\S.*)\n((?:[ \t]+(?:#|--).*\n?)*)", text + "\n", re.MULTILINE):
            via = re.findall(r"#\s+(?:via\s+)?(\S+)", match[2])
            if [one for one in via if one != "via"] != [_OURS]:
                yield _requirement(match[1])


def _tables(table: object, *, own: bool) -> Iterator[str]:
    """The names in each list or table of dependencies of a pyproject.toml, or of a Pipfile (``own``)."""
    if not isinstance(table, Mapping):
        return
    project, tool = table.get("project"), table.get("tool")
    if isinstance(project, Mapping):
        yield from map(_requirement, _strings(project.get("dependencies")))
        yield from map(_requirement, _strings(project.get("optional-dependencies")))
    yield from map(_requirement, _strings(table.get("dependency-groups")))
    for poetry in (tool.get("poetry"), *_values(tool.get("poetry"), "group")) if isinstance(tool, Mapping) else ():
        if isinstance(poetry, Mapping):
            yield from (_normal(str(name)) for name in _keys(poetry.get("dependencies")))
    if own:
        yield from (_normal(str(name)) for key in ("packages", "dev-packages") for name in _keys(table.get(key)))


def _strings(value: object) -> Iterator[str]:
    """The strings in ``value``, in lists and in tables of lists."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (one for one in value if isinstance(one, str))
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _strings(one)


def _keys(value: object) -> Iterable[object]:
    return value.keys() if isinstance(value, Mapping) else ()


def _values(value: object, key: str) -> Iterable[object]:
    found = value.get(key) if isinstance(value, Mapping) else None
    return found.values() if isinstance(found, Mapping) else ()


def _requirement(text: str) -> str:
    match = _NAME.match(text)
    return _normal(match[1]) if match else ""


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def source_files(project: Path) -> list[Path]:
    """The project's Python files, the nearest first, without its tests and revisions."""
    found: list[Path] = []
    folders = [project]
    for _ in range(_DEPTH):
        below: list[Path] = []
        for folder in folders:
            try:
                entries = sorted(folder.iterdir())
            except OSError:
                continue
            found += [path for path in entries if path.suffix == ".py" and not path.name.startswith("test_")]
            below += [path for path in entries if path.is_dir() and not _is_other(path)]
            if len(found) > _FILES:
                return found[:_FILES]
        folders = below
    return found


def _is_other(folder: Path) -> bool:
    return folder.name in _OTHERS or folder.name.startswith((".", "_")) or (folder / "pyvenv.cfg").exists()


def _parents(project: Path) -> Iterator[Path]:
    """The folders above, up to that of the repository; none where there is no repository."""
    above = [project, *project.parents]
    root = next((number for number, folder in enumerate(above) if (folder / ".git").exists()), 0)
    yield from above[1 : root + 1]


def _text(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(_SIZE)
    except OSError:
        return ""


def _shown(path: Path, project: Path) -> str:
    return str(path.relative_to(project)) if path.is_relative_to(project) else path.name
