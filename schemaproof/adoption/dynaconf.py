"""The environment variables that give Dynaconf's settings: its prefix, and the path of the setting."""

import ast
from collections.abc import Iterable, Iterator, Mapping

_PREFIX = "DYNACONF"  # where the project gives none


def read_by(texts: Iterable[str]) -> list[str]:
    """The variables for the settings that the code ``texts`` asks Dynaconf for, each once, in their order."""
    trees = list(_parsed(texts))
    objects: dict[str, str] = {}
    for tree in trees:
        objects |= dict(_objects(tree))
    found = (name for tree in trees for node in ast.walk(tree) if (name := _variable(node, objects)))
    return list(dict.fromkeys(found)) if objects else []


def _parsed(texts: Iterable[str]) -> Iterator[ast.AST]:
    for text in texts:
        try:
            yield ast.parse(text)
        except (SyntaxError, ValueError):
            continue


def _objects(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """What is called what Dynaconf makes, with the prefix of its variables."""
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module="dynaconf", names=names):
                yield from ((one.asname or one.name, _PREFIX) for one in names if one.name == "settings")
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=function, keywords=keywords)):
                if ast.unparse(function).endswith(("Dynaconf", "LazySettings")):
                    given = {one.arg: one.value.value for one in keywords if isinstance(one.value, ast.Constant)}
                    yield name, str(given.get("envvar_prefix", _PREFIX) or "")


def _variable(node: ast.AST, objects: Mapping[str, str]) -> str | None:
    path = _path(node, objects)
    if not path or len(path) == 1:
        return None
    prefix = objects[path[0]]
    return f"{prefix}_{'__'.join(path[1:])}".upper().removeprefix("_")


def _path(node: ast.AST, objects: Mapping[str, str]) -> tuple[str, ...]:
    """The object, and the names that lead from it to the setting; nothing for what is none."""
    match node:
        case ast.Name(id=name) if name in objects:
            return (name,)
        case ast.Call(func=ast.Attribute(attr="get", value=inner), args=[ast.Constant(value=str(key)), *_]):
            above = _path(inner, objects)
            return (*above, *key.split(".")) if above else ()
        case ast.Subscript(value=inner, slice=ast.Constant(value=str(key))) | ast.Attribute(value=inner, attr=str(key)):
            above = _path(inner, objects)
            return (*above, *key.split(".")) if above else ()
    return ()
