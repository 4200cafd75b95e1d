"""What to type when the subject's code lacks a variable, or an argument of its command line."""

import linecache
import os
import re
import traceback
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from schemaproof.project.subject import Subject
from schemaproof.project.toml import string, table
from schemaproof.project.variables import is_address, is_of_database, part_of_url

_VARIABLE = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")
# How libraries for settings, and projects themselves, say that there is no such variable.
_LACKS = re.compile(
    r"\benv|variable|\bunset\b|no default|must be set|is (?:required|missing)|not (?:set|given|defined|configured)",
    re.IGNORECASE,
)


def ungiven_remedy(error: BaseException | None, subject: Subject) -> str | None:
    """The remedy for an error that says what was not given; None for any other."""
    given = {subject.url_env, *subject.environment, *os.environ}
    for one in _chain(error):
        if argument := _argument(one):
            setting = f"x = [{string(f'{argument}={{url}}')}]"
            return (
                f"env.py reads the argument {argument} of `alembic -x`. Write {setting} in [tool.schemaproof];"
                " {url} stands for the database's URL."
            )
        names = list(dict.fromkeys(name for name in _names(one) if name not in given))
        if names:
            return _remedy({name: _value(name) for name in names})
    return None


def _remedy(values: Mapping[str, str]) -> str:
    addresses = [name for name, value in values.items() if value == "{url}"]
    if len(values) == 1 and addresses:
        (name,) = addresses
        return f"Name the variable that env.py takes the URL from: url-env = {string(name)} in [tool.schemaproof]."
    written = table("[tool.schemaproof.environment]", values).strip()
    dots = ", with values that the project accepts in place of the dots" if "..." in values.values() else ""
    return f"Write in pyproject.toml{dots}:\n{written}"


def _value(name: str) -> str:
    if is_address(name) and is_of_database(name):
        return "{url}"
    return part_of_url(name) or "..."


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """``error``, and those that it was raised from."""
    while error is not None and not isinstance(error, SQLAlchemyError):
        yield error
        error = error.__cause__


def _frames(error: BaseException) -> list[FrameType]:
    return [frame for frame, _ in traceback.walk_tb(error.__traceback__)]


def _argument(error: BaseException) -> str | None:
    """The argument that a file which reads some does not get."""
    frames = _frames(error)
    if not isinstance(error, KeyError) or not frames or not error.args:
        return None
    name, text = str(error.args[0]), "".join(linecache.getlines(frames[-1].f_code.co_filename))
    reads = "get_x_argument" in text and re.search(rf"""\[["']{re.escape(name)}["']\]""", text)
    return name if reads else None


def _names(error: BaseException) -> list[str]:
    """The variables that ``error`` is about."""
    if isinstance(error, KeyError):
        frames = _frames(error)
        if frames and frames[-1].f_globals.get("__name__") == "os":
            return [str(error.args[0])]
    if type(error).__name__ == "ValidationError" and hasattr(error, "errors"):
        return list(_fields(error))
    text = str(error)
    return _VARIABLE.findall(text) if _LACKS.search(text) else []


def _fields(error: Any) -> Iterator[str]:
    """The variables of the fields that pydantic's settings miss: with the prefix of the class that has them."""
    made = [one for frame in _frames(error) if (one := frame.f_globals.get(error.title)) is not None]
    settings = getattr(made[-1], "model_config", {}) if made else {}
    for one in error.errors():
        if one["type"] == "missing":
            for path in _paths(made[-1] if made else None, tuple(map(str, one["loc"]))):
                name = (settings.get("env_nested_delimiter") or "__").join(path)
                yield f"{settings.get('env_prefix') or ''}{name}".upper()


def _paths(model: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """``path`` in the settings ``model``, or to the fields that the model there can't do without."""
    for name in path:
        model = getattr(getattr(model, "model_fields", {}).get(name), "annotation", None)
    inner = [name for name, field in getattr(model, "model_fields", {}).items() if field.is_required()]
    yield from ((*path, name) for name in inner) if inner else [path]
