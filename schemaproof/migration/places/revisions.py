"""The line of a revision that a finding is about."""

import re
from pathlib import Path

from schemaproof.finding import Finding
from schemaproof.migration.evidence import shown_path
from schemaproof.migration.places.code import Code, code_of, statement_naming

# What evidence.error_text and the stacks say of a statement.
_AT = re.compile(r"^\s*at (?P<file>.+?):(?P<line>\d+)(?=:|$)", re.MULTILINE)

# What Python says of a file that it can't parse.
_SYNTAX = re.compile(r"\((?P<file>[^()]+), line (?P<line>\d+)\)")

_WAY = re.compile(r"\b(?:up|down)grade\b")


def line_of(finding: Finding, path: Path, project: Path) -> int | None:
    """The line in the revision's file ``path``: of its statement where that is known, else of the function.

    That is the statement that evidence tells, else the one that names the object. A finding on the downgrade has its
    line there; so has a second upgrade that fails over what the downgrade left, but not one that makes an object wrong.
    """
    code = code_of(path)
    if code is None:
        found = _SYNTAX.search(finding.evidence)
        return int(found["line"]) if found and found["file"] == path.name else None
    ways = _WAY.findall(f"{finding.message} {finding.check}")
    down = "downgrade" in ways and not (finding.object and ways[0] == "upgrade")
    other = code.functions.get("upgrade" if down else "downgrade")
    for told in _AT.finditer(finding.evidence):
        line = int(told["line"])
        elsewhere = other is not None and other.lineno <= line <= (other.end_lineno or line)
        if told["file"] == shown_path(str(path), project) and not elsewhere:
            return line
    function = code.functions.get("downgrade" if down else "upgrade") or other
    if function is None:
        return None
    names = names_in(finding.object)
    _, line = statement_naming(function, names) if names else (0, 0)
    return line or function.lineno


def mentions(code: Code, names: list[str]) -> int | None:
    """The line of the upgrade's statement that has all of ``names``."""
    function = code.functions.get("upgrade")
    score, line = statement_naming(function, names) if function is not None and names else (0, 0)
    return line if names and score == len(names) else None


def names_in(described: str | None) -> list[str]:
    """The names in an object's description without its schema: of a column, those of its table and its own."""
    if not described:
        return []
    kind, _, name = described.rpartition(" ") if "(" not in described else described.partition("(")[0].rpartition(" ")
    parts = name.split(".")
    if kind in {"schema", "extension", "role"}:
        return parts
    return parts[1:] or parts
