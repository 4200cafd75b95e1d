"""How a project's code gets its database, read from the text of its files."""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_ADDRESS = re.compile(r"(?:^|_)(?:URL|URI|DSN|CONN|CONNECTION|CONNECTION_STRING|CONNECTION_URL)$")
_DATABASE = re.compile(r"(?:^|_)(?:DB|DATABASE|POSTGRES|POSTGRESQL|PG|SQLALCHEMY|SQL|ALEMBIC)(?:_|$)|^DATABASE")
_OPTION = re.compile(r"""(?:get_main_option|get_section_option|\bpop)\(\s*["']([\w.]*(?:url|uri|dsn)[\w.]*)["']""")
_CALLS = {"getenv", "config", "env"}  # os.getenv, and those of python-decouple, Starlette and environs
_DIRECT = re.compile(r"engine_from_config|sqlalchemy\.url")

# What the names end in that hold a part of the URL.
_PARTS = {
    "{host}": ("HOST", "HOSTNAME", "SERVER"),
    "{port}": ("PORT",),
    "{user}": ("USER", "USERNAME"),
    "{password}": ("PASSWORD", "PASS", "PASSWD", "PWD"),
    "{database}": ("DB", "NAME", "DBNAME", "DATABASE"),
}
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
    """Whether env.py connects to ``sqlalchemy.url`` as the configuration has it."""
    return bool(_DIRECT.search(env.text)) and "set_main_option" not in env.text


def url_option(env: Source) -> Found | None:
    """Another setting of Alembic's configuration that env.py reads the URL from."""
    names = [name for name in _OPTION.findall(env.text) if name != "sqlalchemy.url"]
    return Found(names[0], f"read in {env.name}") if names else None


def url_variable(env: Source, others: Iterable[Source]) -> Found | None:
    """The environment variable with the URL: that of env.py, else the likeliest of the ``others``."""
    own = [name for name in variables(env) if _ADDRESS.search(name)]
    if own:
        return Found(_likeliest(own), f"read in {env.name}")
    for source in others:
        names = [name for name in variables(source) if _ADDRESS.search(name) and _DATABASE.search(name)]
        if names:
            return Found(_likeliest(names), f"read in {source.name}")
    return None


def url_parts(sources: Iterable[Source]) -> tuple[dict[str, str], str]:
    """The environment variables that hold the parts of a URL, with what each gets, and where; empty for none."""
    for source in sources:
        found = {}
        for name in variables(source):
            prefix, _, last = name.rpartition("_")
            part = next((part for part, words in _PARTS.items() if last in words), None)
            if part is not None and _DATABASE.search(prefix):
                found[name] = part
        if {"{host}", "{database}"} <= set(found.values()):
            return found, f"read in {source.name}"
    return {}, ""


def variables(source: Source) -> list[str]:
    """The environment variables that ``source`` reads, each once, in its order."""
    try:
        tree = ast.parse(source.text)
    except (SyntaxError, ValueError):
        return []
    return list(dict.fromkeys([*_read(tree), *_settings(tree)]))


def _read(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value=ast.Attribute(attr="environ"), slice=ast.Constant(value=str(name))):
                yield name
            case ast.Subscript(value=ast.Name(id="environ"), slice=ast.Constant(value=str(name))):
                yield name
            case ast.Call(func=function, args=[ast.Constant(value=str(name)), *_]) if _reads(function):
                if name.isupper():
                    yield name


def _reads(function: ast.expr) -> bool:
    match function:
        case ast.Name(id=name):
            return name in _CALLS
        case ast.Attribute(attr="getenv"):
            return True
        case ast.Attribute(attr="get", value=ast.Attribute(attr="environ") | ast.Name(id="environ")):
            return True
        case ast.Attribute(value=ast.Name(id="env" | "config")):
            return True
    return False


def _settings(tree: ast.AST) -> Iterator[str]:
    """The variables of pydantic's settings: the prefix with the names of the fields, or what a field names instead."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ClassDef) or not any("Settings" in ast.unparse(base) for base in node.bases):
            continue
        prefix = re.search(r"env_prefix\s*=\s*['\"](\w*)['\"]", ast.unparse(node))
        for one in node.body:
            if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
                named = list(_aliases(one))
                yield from named or [f"{prefix[1] if prefix else ''}{one.target.id}".upper()]


def _aliases(field: ast.AnnAssign) -> Iterator[str]:
    """The names in a field's ``Field(validation_alias=AliasChoices("APP_URL", "url"))``, as variables have them."""
    for node in ast.walk(field):
        if isinstance(node, ast.keyword) and node.arg in {"validation_alias", "alias", "env"}:
            for name in ast.walk(node.value):
                if isinstance(name, ast.Constant) and isinstance(name.value, str) and name.value.isidentifier():
                    yield name.value.upper()


def _likeliest(names: Sequence[str]) -> str:
    database = [name for name in names if _DATABASE.search(name)]
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
