"""Writes that no release can do any more, since a function that a trigger runs fails.

What the older release sends may fail for its own sake: it names what is renamed. So the same rows are sent as a release
would that knows the newer schema.
"""

# ruff: noqa: S608 (these are the statements: names and values are quoted where they are put in)

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from schemaproof.catalog import Catalog, Identity
from schemaproof.catalog.names import unquoted
from schemaproof.migration.lines.quoting import quoted
from schemaproof.proofs.releases.affected import Name
from schemaproof.proofs.releases.asking import Refusal
from schemaproof.proofs.releases.literals import Literals
from schemaproof.proofs.releases.routines import is_broken
from schemaproof.proofs.releases.samples import Cells, Relation, Sample
from schemaproof.proofs.releases.statements import Statement, inserted

_ROUTINES = frozenset({"function", "procedure"})
# What closes a quotation, in the languages of the server's messages.
_MARKS = '"\u201c\u201d\u00ab\u00bb'
# A parameter that the application sets in its sessions is undefined in others; so is a type that is gone.
_SETTING, _UNDEFINED_OBJECT = "current_setting", "42704"
_CALLED = re.compile(r" EXECUTE FUNCTION ([^(]+)\(")


@dataclass(frozen=True)
class Fired:
    """A write that fails in a routine, for whatever release.

    Attributes:
        statement: it.
        refusal: what the server says.
        routine: in which it fails.
        revision: the first one after which it does.
        every: whether each write of its kind that was tried fails so.
    """

    statement: Statement
    refusal: Refusal
    routine: Identity
    revision: str
    every: bool


def with_triggers(catalog: Catalog) -> set[Name]:
    """The tables and views whose triggers run."""
    return {
        (one.schema, one.parent)
        for one, attributes in catalog.objects.items()
        if one.kind == "trigger" and attributes.get("enabled") != "disabled"
    }


def writes(
    older: Mapping[Name, Relation],
    newer: Sequence[Relation],
    samples: Sequence[Sample],
    literals: Literals,
    working: Collection[Statement],
) -> Iterator[Statement]:
    """For each of the ``newer`` relations, what the older one was written with, in its own terms.

    Of what it did not take before, nothing can be said.
    """
    by_oid, by_name = {one.oid: one for one in newer}, {one.name: one for one in newer}
    worked = {(one.relation, one.verb) for one in working}
    for sample in samples:
        name = (sample.table.schema, sample.table.name)
        was = older.get(name)
        now = (by_oid.get(was.oid) or by_name.get(name)) if was else None
        if was is None or now is None:
            continue
        yield from (one for one in _written(was, now, sample, literals) if (name, one.verb) in worked)


def _written(was: Relation, now: Relation, sample: Sample, literals: Literals) -> Iterator[Statement]:
    moved = _moved(was, now)
    target = quoted(*now.name)
    for name, column in now.columns.items():
        if not column.generated and column.identity != "a":
            yield Statement(now.name, "update", f"UPDATE {target} SET {quoted(name)} = {quoted(name)}", (name,))
    for row in sample.existing[:1]:
        if row.keys() <= moved.keys():
            where = " AND ".join(
                f"{quoted(moved[name])} = {literals.written(sample.table.columns[name], text)}"
                for name, text in row.items()
            )
            yield Statement(now.name, "delete", f"DELETE FROM {target} WHERE {where}")
    if sample.full is not None:
        free = [one for one in sample.table.columns.values() if one.name in moved and not one.counted]
        columns = [replace(one, name=moved[one.name]) for one in free if not now.columns[moved[one.name]].generated]
        cells: Cells = {moved[name]: text for name, text in sample.full.items() if name in moved}
        yield Statement(now.name, "insert", inserted(literals, now.name, columns, cells))


def _moved(was: Relation, now: Relation) -> dict[str, str]:
    """The columns of before that are of the same type afterwards, each with its name."""
    by_number = {column.number: name for name, column in now.columns.items()} if was.oid == now.oid else {}
    names = {name: by_number.get(column.number, "") if by_number else name for name, column in was.columns.items()}
    return {
        name: other
        for name, other in names.items()
        if other in now.columns and now.columns[other].type == was.columns[name].type
    }


def failing(
    asked: Sequence[tuple[Statement, Refusal | None]], catalog: Catalog, known: Collection[Fired], revision: str
) -> list[Fired]:
    """Those of the writes that fail in a routine of ``catalog``, after ``revision`` or since it is ``known``."""
    first = {one.statement: one.revision for one in known}
    passed = {(one.relation, one.verb) for one, refusal in asked if refusal is None}
    reads_settings = any(_SETTING in str(one.get("body")) for one in catalog.objects.values())
    found = []
    for statement, refusal in asked:
        if refusal is None or not is_broken(refusal) or (reads_settings and refusal.code == _UNDEFINED_OBJECT):
            continue
        routine = ran(refusal, catalog)
        if routine is not None:
            since = first.get(statement, revision)
            every = (statement.relation, statement.verb) not in passed
            found.append(Fired(statement, refusal, routine, since, every))
    return found


def ran(refusal: Refusal, catalog: Catalog) -> Identity | None:
    """The routine of ``catalog`` in which PL/pgSQL was, by the context of the error, in whatever language."""
    if "PL/pgSQL" not in refusal.context:
        return None
    routines = [one for one in catalog.objects if one.kind in _ROUTINES]
    for line in _lines(refusal):
        # The types of its arguments may be told otherwise; while it is compiled, they are not told at all.
        shapes = ("{0}", "{1}(", '"{1}"')
        named = ([one for one in routines if _is_in(line, one.name, shape)] for shape in shapes)
        found = next(filter(None, named), [])
        if found:
            return max(found, key=lambda one: (_is_in(line, one.name, "{0}", one.schema), one.schema == "public"))
    return None


def triggers(table: Name, refusal: Refusal, catalog: Catalog) -> list[str]:
    """The triggers of ``table`` that run what the error was in; several where several run it."""
    found = []
    for one, attributes in catalog.objects.items():
        if one.kind == "trigger" and (one.schema, one.parent) == table:
            called = _CALLED.search(str(attributes.get("definition")))
            name = f"{unquoted(called[1])[-1]}()" if called else ""
            if any(_is_in(line, name, shape) for line in _lines(refusal) for shape in ("{1}(", '"{1}"')):
                found.append(one.name)
    return found


def _lines(refusal: Refusal) -> list[str]:
    """Those that name a routine; one that ends in a quotation mark repeats an expression."""
    return [line for line in refusal.context.splitlines() if "PL/pgSQL" in line and line[-1] not in _MARKS]


def _is_in(line: str, name: str, shape: str, schema: str = "") -> bool:
    """Whether ``line`` names the routine: with its arguments, which it lists without blanks, or as ``shape`` says."""
    bare, _, arguments = name.partition("(")
    spelled = quoted(*filter(None, (schema, bare)))
    if shape.startswith('"'):
        return shape.format("", bare) in line
    form = shape.format(f"{spelled}({arguments.replace(', ', ',')}", spelled)
    return re.search(rf"(?<![A-Za-z0-9_$]){re.escape(form)}", line) is not None
