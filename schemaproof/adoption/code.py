"""How a project's code gets its database, read from the text of its files."""

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from schemaproof.adoption import dynaconf
from schemaproof.adoption.variables import read_in
from schemaproof.project.variables import is_address, is_of_database, part_of_url

_OPTION = re.compile(r"""(?:get_main_option|get_section_option|\bpop)\(\s*["']([\w.]*(?:url|uri|dsn)[\w.]*)["']""")
_URL = "sqlalchemy.url"
# `f"postgresql://{user}@{host}/{name}"`: what stands for the host may have the port with it.
_HOST_ALONE = re.compile(r"@(?:\{[^{}]*\}|%s|%\(\w+\)s)/")

_APPLICATION = re.compile(r"^(\w+)\s*(?::[^=\n]*)?=\s*(?:flask\.)?Flask\(", re.MULTILINE)
_FACTORY = re.compile(r"^def (create_app\w*|make_app|build_app)\(\s*\)", re.MULTILINE)
_FACTORY_WITH_DEFAULTS = re.compile(r"^def (create_app\w*)\((?:[^)]*=[^)]*)\)", re.MULTILINE)
_BASE = re.compile(
    r"^class (\w+)\([^)]*\b(?:DeclarativeBase|SQLModel|MappedAsDataclass)\b|^(\w+)\s*=\s*(?:\w+\.)?declarative_base\(",
    re.MULTILINE,
)
METADATA_MISSING = re.compile(r"^target_metadata\s*=\s*None\s*$", re.MULTILINE)
_METADATA = re.compile(r"^(\w*metadata\w*)\s*(?::[^=\n]*)?=\s*(?:\w+\.)?MetaData\(", re.MULTILINE)


@dataclass(frozen=True)
class Found:
    """Something that was found, and where: "read in migrations/env.py"."""

    value: str
    why: str


@dataclass(frozen=True)
class Source:
    """A Python file: its ``text``, and its ``name`` from the project's folder."""

    name: str
    text: str

    @classmethod
    def read(cls, path: Path, project: Path) -> "Source":
        """The file at ``path``; an empty one where it can't be read."""
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            text = ""
        return cls(path.relative_to(project).as_posix() if path.is_relative_to(project) else str(path), text)

    @property
    def module(self) -> str:
        """As it is imported from the project's folder, or from ``src``."""
        return self.name.removeprefix("src/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def takes_the_configurations(env: Source) -> bool:
    """Whether env.py connects to ``sqlalchemy.url`` as the configuration has it, and puts nothing in its place.

    What its offline mode reads says nothing of that: many leave it as `alembic init` wrote it.
    """
    try:
        nodes = list(ast.walk(ast.parse(env.text)))
    except (SyntaxError, ValueError):
        return False
    calls = [(ast.unparse(node.func).rpartition(".")[2], node) for node in nodes if isinstance(node, ast.Call)]
    made = [node for name, node in calls if name.endswith("engine_from_config")]
    if any(map(_replaces, nodes)) or any(one.arg == "url" for node in made for one in node.keywords):
        return False
    urls = [node.args[0] for name, node in calls if name in {"create_engine", "create_async_engine"} and node.args]
    return bool(made) or (bool(urls) and all(_is_the_configurations(url, nodes) for url in urls))


def _replaces(node: ast.AST) -> bool:
    """Whether another URL takes the place of the configuration's."""
    match node:
        case ast.Call(func=ast.Attribute(attr="set_main_option" | "set_section_option"), args=arguments):
            return any(map(_is_its_name, arguments))
        case ast.Assign(targets=[ast.Subscript(slice=name)]):
            return _is_its_name(name)
        case ast.Dict(keys=keys):
            return any(key is not None and _is_its_name(key) for key in keys)
    return False


def _is_its_name(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == _URL


def _is_the_configurations(url: ast.expr, nodes: Iterable[ast.AST]) -> bool:
    """Whether ``url`` is what the configuration says, or a name for it."""
    match url:
        case ast.Name(id=name):
            values = [
                node.value for node in nodes if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name
            ]
            return bool(values) and all(_is_read(value) for value in values)
    return _is_read(url)


def _is_read(value: ast.expr) -> bool:
    match value:
        case ast.Call(func=ast.Attribute(attr="get_main_option"), args=[name, *_]):
            return _is_its_name(name)
    return False


def url_option(env: Source) -> Found | None:
    """Another setting of Alembic's configuration that env.py reads the URL from."""
    names = [name for name in _OPTION.findall(env.text) if name != "sqlalchemy.url"]
    return Found(names[0], f"read in {env.name}") if names else None


def x_argument(env: Source) -> Found | None:
    """The argument of `alembic -x` that env.py takes the URL from."""
    try:
        nodes = list(ast.walk(ast.parse(env.text)))
    except (SyntaxError, ValueError):
        return None
    if not any(isinstance(node, ast.Attribute) and node.attr == "get_x_argument" for node in nodes):
        return None
    named = {
        ast.unparse(node.targets[0])
        for node in nodes
        if isinstance(node, ast.Assign) and "get_x_argument" in ast.unparse(node.value)
    }
    for node in nodes:
        match node:
            case (
                ast.Subscript(value=given, slice=ast.Constant(value=str(name)))
                | ast.Call(func=ast.Attribute(attr="get", value=given), args=[ast.Constant(value=str(name)), *_])
            ) if is_address(name.upper()) and ("get_x_argument" in ast.unparse(given) or ast.unparse(given) in named):
                return Found(name, f"read in {env.name}")
    return None


def url_variable(env: Source, others: Iterable[Source]) -> Found | None:
    """The environment variable with the URL: that of env.py, else the likeliest of the ``others``."""
    own = [name for name in variables(env) if is_address(name)]
    if own:
        return Found(_likeliest(own), f"read in {env.name}")
    others = list(others)
    if asked := [name for name in dynaconf.read_by([env.text, *(one.text for one in others)]) if is_address(name)]:
        return Found(_likeliest(asked), "a setting of Dynaconf's")
    for source in others:
        names = [name for name in variables(source) if is_address(name) and is_of_database(name)]
        if names:
            return Found(_likeliest(names), f"read in {source.name}")
    return None


def url_parts(sources: Iterable[Source]) -> tuple[dict[str, str], str]:
    """The environment variables that hold the parts of a URL, with what each gets, and where; empty for none."""
    for source in sources:
        found = {name: part for name in variables(source) if (part := part_of_url(name)) is not None}
        if {"{host}", "{database}"} <= set(found.values()):
            if "{port}" not in found.values() and _HOST_ALONE.search(source.text):
                found = {name: "{host}:{port}" if part == "{host}" else part for name, part in found.items()}
            return found, f"read in {source.name}"
    return {}, ""


def variables(source: Source) -> list[str]:
    """The environment variables that ``source`` reads, each once, in its order."""
    return read_in(source.text)


def _likeliest(names: Sequence[str]) -> str:
    database = [name for name in names if is_of_database(name)]
    return "DATABASE_URL" if "DATABASE_URL" in names else (database or list(names))[0]


def needs_an_application(env: Source) -> bool:
    """Whether env.py asks for Flask's current application."""
    return "current_app" in env.text


def application(env: Source, others: Iterable[Source]) -> Found | None:
    """What makes the application whose context env.py needs; None where it asks for none, or none is found."""
    if not needs_an_application(env):
        return None
    for source in others:
        for pattern, how in ((_FACTORY, "{}"), (_FACTORY_WITH_DEFAULTS, "{}"), (_APPLICATION, "{}.app_context")):
            if match := pattern.search(source.text):
                value = f"{source.module}:{how.format(match[1])}"
                return Found(value, f"{env.name} asks for current_app, {source.name} has {match[1]}")
    return None


def metadata(env: Source, others: Iterable[Source]) -> Found | None:
    """The MetaData of the models, where env.py has ``target_metadata = None`` and they are found; else None."""
    if not METADATA_MISSING.search(env.text):
        return None
    sources = sorted(others, key=lambda one: "model" not in one.name)  # a base is filled where the models are
    for source in sources:
        for pattern, how in ((_BASE, "{}.metadata"), (_METADATA, "{}")):
            if match := pattern.search(source.text):
                name = next(filter(None, match.groups()))
                return Found(_imported_with_models(source, name, how.format(name), sources), f"found in {source.name}")
    return None


def _imported_with_models(source: Source, name: str, value: str, others: Iterable[Source]) -> str:
    """``value`` in the module of models that imports ``name``, where its own module has none of them."""
    if "model" not in source.name:
        for other in others:
            if "model" in other.name and re.search(rf"^from \S+ import .*\b{name}\b", other.text, re.MULTILINE):
                return f"{other.module}:{value}"
    return f"{source.module}:{value}"
