"""The environment variables that code reads, from its text: by os, or by a library for settings."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

# What is called with a variable's name: os.getenv, and what python-decouple, Starlette and environs are usually called.
_CALLS = frozenset({"getenv", "config", "env"})
# What makes such a callable: Starlette's, python-decouple's, django-environ's and environs'.
_MAKERS = frozenset({"Config", "AutoConfig", "Env", "FileAwareEnv"})
_IMPORTED = {"decouple": "config", "os": "getenv"}


def read_in(text: str) -> list[str]:
    """The variables that the code ``text`` reads, each once, in its order; none where it is no Python."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return []
    return list(dict.fromkeys([*_Reading.of(tree).variables(tree), *_settings(tree)]))


@dataclass(frozen=True)
class _Reading:
    """What the names in a module mean.

    Attributes:
        calls: the functions that read a variable.
        constants: the strings that have a name.
    """

    calls: frozenset[str]
    constants: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, tree: ast.AST) -> "_Reading":
        calls, constants = set(_CALLS), dict[str, str]()
        for node in ast.walk(tree):
            match node:
                case ast.ImportFrom(module=str(module), names=names) if module in _IMPORTED:
                    calls |= {one.asname for one in names if one.asname and one.name == _IMPORTED[module]}
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(value))):
                    constants[name] = value
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=function)):
                    if _last(function) in _MAKERS:
                        calls.add(name)
        return cls(frozenset(calls), constants)

    def variables(self, node: ast.AST, prefix: str = "") -> Iterator[str]:
        """Those that ``node`` reads, with the ``prefix`` that a block around it gives them (environs)."""
        match node:
            case ast.With(
                items=[ast.withitem(context_expr=ast.Call(func=ast.Attribute(attr="prefixed"), args=[inner]))]
            ):
                prefix += self._named(inner) or ""
            case ast.Subscript(value=ast.Attribute(attr="environ") | ast.Name(id="environ"), slice=key):
                if name := self._named(key):
                    yield name
            case ast.Call(func=function, args=[key, *_]) if self._reads(function):
                name = self._named(key)
                if name and name.isupper():
                    yield f"{prefix}{name}"
        for child in ast.iter_child_nodes(node):
            yield from self.variables(child, prefix)

    def _named(self, key: ast.expr) -> str | None:
        match key:
            case ast.Constant(value=str(name)):
                return name
            case ast.Name(id=name):
                return self.constants.get(name)
        return None

    def _reads(self, function: ast.expr) -> bool:
        match function:
            case ast.Name(id=name):
                return name in self.calls
            case ast.Attribute(attr="getenv"):
                return True
            case ast.Attribute(attr="get", value=ast.Attribute(attr="environ") | ast.Name(id="environ")):
                return True
            case ast.Attribute(attr=method, value=ast.Name(id=name)):
                return name in self.calls and method != "prefixed"
        return False


def _last(function: ast.expr) -> str:
    return ast.unparse(function).rpartition(".")[2]


def _settings(tree: ast.AST) -> Iterator[str]:
    """The variables of pydantic's settings: the prefix with the names of the fields, or what a field names instead."""
    classes = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    for node in classes.values():
        if any("Settings" in ast.unparse(base) for base in node.bases):
            text = ast.unparse(node)
            prefix = re.search(r"env_prefix\s*=\s*['\"](\w*)['\"]", text)
            delimiter = re.search(r"env_nested_delimiter\s*=\s*['\"](\w+)['\"]", text)
            inner = {} if delimiter is None else classes
            names = _fields(node, inner, delimiter[1] if delimiter else "")
            yield from (f"{'' if named else prefix[1] if prefix else ''}{name}".upper() for name, named in names)


def _fields(
    node: ast.ClassDef, classes: Mapping[str, ast.ClassDef], delimiter: str, above: tuple[str, ...] = ()
) -> Iterator[tuple[str, bool]]:
    """The names of the fields, those of models in them after the ``delimiter``; and which go without prefix."""
    for one in node.body:
        if not isinstance(one, ast.AnnAssign) or not isinstance(one.target, ast.Name):
            continue
        names = [part.id for part in ast.walk(one.annotation) if isinstance(part, ast.Name)]
        inner = next((classes[name] for name in names if name in classes), None)
        aliases = list(_aliases(one))
        if inner is not None and inner.name not in above:
            path = (*above, inner.name)
            yield from (
                (f"{one.target.id}{delimiter}{name}", False) for name, _ in _fields(inner, classes, delimiter, path)
            )
        elif aliases:
            yield from ((name, True) for name in aliases)
        else:
            yield one.target.id, False


def _aliases(field: ast.AnnAssign) -> Iterator[str]:
    """The names in a field's ``Field(validation_alias=AliasChoices("APP_URL", "url"))``, as variables have them."""
    for node in ast.walk(field):
        if isinstance(node, ast.keyword) and node.arg in {"validation_alias", "alias", "env"}:
            for name in ast.walk(node.value):
                if isinstance(name, ast.Constant) and isinstance(name.value, str) and name.value.isidentifier():
                    yield name.value
