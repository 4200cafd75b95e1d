"""Lines of one Python file, found by its syntax tree: no line is guessed from text."""

import ast
import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path


class Code:
    """The syntax tree of one file.

    Args:
        text: what it holds.

    Raises:
        SyntaxError, ValueError: if that is no Python.
    """

    def __init__(self, text: str) -> None:
        self._tree = ast.parse(text)

    @functools.cached_property
    def functions(self) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef]:
        """Those of the module by name: the last one of each, which is the one that counts."""
        return {one.name: one for one in self._tree.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}

    def class_named(self, qualified: str) -> ast.ClassDef | None:
        """The class of that qualified name (``Outer.Inner``); one within a function by its own name."""
        name = qualified.rpartition(".")[2]
        return next((one for one in ast.walk(self._tree) if isinstance(one, ast.ClassDef) and one.name == name), None)

    def table_named(self, name: str) -> ast.Call | None:
        """The call ``Table("name", ...)``."""
        for call in _calls(self._tree):
            if _called(call) == "Table" and call.args and _is(call.args[0], name):
                return call
        return None


def code_of(path: Path) -> Code | None:
    """The code in ``path``, parsed once as long as the file stays as it is; None where it can't be read."""
    try:
        return _parsed(path, path.stat().st_mtime_ns)
    except OSError:
        return None


@functools.lru_cache(maxsize=1024)
def _parsed(path: Path, _changed: int) -> Code | None:
    try:
        return Code(path.read_text(encoding="utf-8", errors="replace"))
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None


def attribute(declared: ast.ClassDef, name: str) -> int | None:
    """The line on which the class assigns ``name``, or has a function of that name (``declared_attr``)."""
    for one in declared.body:
        match one:
            case ast.AnnAssign(target=ast.Name(id=found)) | ast.FunctionDef(name=found) if found == name:
                return one.lineno
            case ast.Assign(targets=targets) if any(isinstance(t, ast.Name) and t.id == name for t in targets):
                return one.lineno
    return None


def call_naming(within: ast.AST, name: str) -> int | None:
    """The line of the innermost call in ``within`` that has the string ``name`` for an argument."""
    found = [call for call in _calls(within) if any(_is(one, name) for one in _arguments(call))]
    return max(call.lineno for call in found) if found else None


def statement_naming(function: ast.AST, names: Sequence[str]) -> tuple[int, int]:
    """How many of ``names`` the statement of ``function`` names that names the most, and its line; (0, 0) for none.

    A name is an argument, or a word of SQL; what a block begins with (``with op.batch_alter_table("posts")``) is said
    of each statement in it that names something itself. Of several that name as many, the first counts.
    """
    best = (0, 0)
    words = [re.compile(rf"(?<![\w$]){re.escape(name)}(?![\w$])") for name in names]
    for line, own, around in _statements(function):
        score = sum(any(word.search(string) for string in [*own, *around]) for word in words)
        if score > best[0] and any(word.search(string) for word in words for string in own):
            best = (score, line)
    return best


type _Said = tuple[int, list[str], list[str]]


def _statements(block: ast.AST, around: Sequence[str] = ()) -> Iterator[_Said]:
    """The statements in ``block``, in their order, what a block begins with after those in it.

    Of each its line, the strings in it, and those that the blocks ``around`` it begin with.
    """
    for one in ast.iter_child_nodes(block):
        if not isinstance(one, ast.stmt):
            yield from _statements(one, around)  # the handler of an exception, a case
        elif hasattr(one, "body") and isinstance(one.body, list):
            parts = ast.iter_child_nodes(one)
            beginning = [text for part in parts if isinstance(part, ast.expr | ast.withitem) for text in _strings(part)]
            yield from _statements(one, [*around, *beginning])
            yield one.lineno, beginning, [*around]
        elif not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)):  # a docstring
            yield one.lineno, _strings(one), [*around]


def _strings(within: ast.AST) -> list[str]:
    return [str(one.value) for one in ast.walk(within) if isinstance(one, ast.Constant) and _text(one)]


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (one for one in ast.walk(tree) if isinstance(one, ast.Call))


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _arguments(call: ast.Call) -> Iterable[ast.expr]:
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def _is(one: ast.expr, text: str) -> bool:
    return isinstance(one, ast.Constant) and one.value == text


def _text(one: ast.Constant) -> bool:
    return isinstance(one.value, str)
