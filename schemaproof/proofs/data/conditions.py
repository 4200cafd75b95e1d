"""Rows that a partial unique index to come is about: two with the same values for which its condition holds."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from schemaproof.rows.choices import Choice
from schemaproof.rows.statements import Row
from schemaproof.rows.tables import Table
from schemaproof.rows.types import Type

if TYPE_CHECKING:
    from schemaproof.migration.history import History

_FIRST = 33  # the number of the first row; each pair takes two, and all are below those of the next column's values
_MOST = 3  # pairs of a table

_INDEX = re.compile(r"\bcreate\s+unique\s+index\b[^;]*?\bwhere\b([^;\n]*)", re.IGNORECASE)
# deleted_at IS NULL; (state)::text = 'open'; NOT archived; is_default IS TRUE
_TERM = re.compile(
    r"""(?P<no>not\s+)?(?:"(?P<quoted>[^"]+)"|(?P<name>[a-z_]\w*))(?:\s*::\w+)?
    (?:\s*(?:(?P<null>is\s+null)|(?:=|is)\s*(?P<truth>true|false)|=\s*'(?P<text>(?:[^']|'')*)'(?:\s*::\w+)?))?""",
    re.IGNORECASE | re.VERBOSE,
)


class Conditions:
    """What the revisions' strings have as the conditions of partial unique indexes; made by ``history.kept``.

    ``sa.text("deleted_at IS NULL")`` is a string of its own, which says nothing of its index; it is looked at all the
    same, so that nothing need be migrated to know what comes.
    """

    def __init__(self, history: "History") -> None:
        self.terms = [*dict.fromkeys(terms for text in history.chain.literals for terms in conditions(text))]

    def rows(self, types: Mapping[int, Type], table: Table) -> list[Row]:
        """Pairs of rows of ``table`` that are alike but for what is unique already, one for each of the conditions."""
        found: list[dict[str, Choice]] = []
        for terms in self.terms:
            changes = dict(_holding(terms, types, table))
            if changes and changes not in found:
                found.append(changes)
        return [
            Row(_FIRST + 2 * number, sparse=False, own=True, changes=changes, twin=twin)
            for number, changes in enumerate(found[:_MOST])
            for twin in (0, 1)
        ]


type _Terms = tuple[tuple[str, str | bool | None], ...]


def conditions(text: str) -> Iterator[_Terms]:
    """The conditions in a revision's strings: by column what it must be, True or False, or NULL (None)."""
    for condition in _INDEX.findall(text):
        yield from _read([condition], alone=True)
    yield from _read(text.splitlines(), alone=False)


def _read(texts: Iterable[str], *, alone: bool) -> Iterator[_Terms]:
    """Those of ``texts`` that are nothing else; a column's name by itself only with ``alone``: it may be any string."""
    for text in texts:
        parts = re.split(r"\band\b", re.sub(r"[()]", " ", text), flags=re.IGNORECASE)
        found = [_TERM.fullmatch(part.strip()) for part in parts]
        terms = [_term(one) for one in found if one is not None]
        plain = len(terms) == 1 and found[0] is not None and re.fullmatch(r"\w+", found[0][0])
        if len(terms) == len(parts) and (alone or not plain):
            yield tuple(terms)


def _term(found: re.Match[str]) -> tuple[str, str | bool | None]:
    name = found["quoted"] or found["name"]
    if found["null"]:
        return name, None
    if found["text"] is not None:
        return name, found["text"].replace("''", "'")
    return name, ((found["truth"] or "true").lower() == "true") is not bool(found["no"])


def _holding(terms: _Terms, types: Mapping[int, Type], table: Table) -> Iterator[tuple[str, Choice]]:
    """The values of columns of ``table`` with which ``terms`` hold; none where it lacks one of the columns."""
    columns = [table.columns.get(name) for name, _ in terms]
    if any(one is None or one.generated for one in columns):
        return
    for (name, value), column in zip(terms, columns, strict=True):
        if column is None or (value is None and column.required):
            continue
        if not isinstance(value, bool):
            yield name, value
        elif (kind := types.get(column.type)) is not None and kind.name == "bool":
            yield name, str(value).lower()
