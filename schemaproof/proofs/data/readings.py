"""Which tables and columns an upgrade reads: what it does not read it puts nowhere, whatever values turn up there."""

import re
from collections.abc import Iterator, Mapping, Sequence

from schemaproof.catalog import Catalog
from schemaproof.proofs.data.refusals import DEFINING
from schemaproof.proofs.data.snapshot import Name
from schemaproof.proofs.data.tokens import Token, tokens

# A definition with one of these words takes whole tables along: under another name, or as a partition.
_WHOLE = frozenset({"rename", "attach", "inherit"})
# One with these may take rows along: by a query, or by code that it defines.
_TAKING = _WHOLE | {"select", "function", "procedure", "trigger"}
# What takes a row as one value: to_jsonb(t), ROW(t.*), NEW in a trigger.
_AS_ROW = re.compile(r"json|row|record|hstore|^new$|^old$")
_ALL_OF_THEM = "*"
# What refers to tables, and runs or is read where its own name, or that of its table, is written.
_REFERRING = frozenset({"view", "materialized view", "trigger", "rule"})


class Readings:
    """What ``statements`` read, or may read.

    Args:
        statements: in the order in which they were sent.
        functions: the bodies of the database's own functions, by name.
        catalogs: before and after them, for the views and triggers that read on.
    """

    def __init__(
        self, statements: Sequence[str], functions: Mapping[str, str], catalogs: Sequence[Catalog | None]
    ) -> None:
        self._behind: dict[str, str] = dict(functions)
        for name, text in _referring(catalogs):
            self._behind[name] = f"{self._behind.get(name, '')}\n{text}"
        self._read = [self._all_words(words) for text in statements if _takes(words := tokens(text))]

    def of(self, table: Name, column: str | None = None) -> bool:
        """Whether a statement names the table, and the ``column`` or all of its columns."""
        wanted = {column, _ALL_OF_THEM}
        return any(table[1] in words and (column is None or not words.isdisjoint(wanted)) for words in self._read)

    def _all_words(self, words: Sequence[Token]) -> set[str]:
        """Those of a statement, and of what it calls and fires."""
        found: set[str] = set()
        new = _texts(words)
        while new:
            found |= new
            behind = (self._behind[one] for one in new if one in self._behind)
            new = {text for body in behind for text in _texts(tokens(body))} - found
        if found & _WHOLE or any(_AS_ROW.search(one) for one in found):
            found.add(_ALL_OF_THEM)
        return found


def _texts(words: Sequence[Token]) -> set[str]:
    """The words, those of bodies among them."""
    found = {one.text for one in words if one.kind != "body"}
    return found.union(*(_texts(tokens(one.text)) for one in words if one.kind == "body"))


def _takes(words: Sequence[Token]) -> bool:
    """Whether a statement is more than a definition."""
    texts = [one.text for one in words if one.kind == "word"]
    if not texts or texts[0].upper() not in DEFINING:
        return bool(texts)
    return not _TAKING.isdisjoint(texts[1:]) or "table" in texts[2:]  # CREATE TABLE ... AS TABLE ...


def _referring(catalogs: Sequence[Catalog | None]) -> Iterator[tuple[str, str]]:
    """The definitions of views by their names, and those of triggers and rules by the names of their tables."""
    for catalog in catalogs:
        for identity, attributes in (catalog.objects if catalog is not None else {}).items():
            if identity.kind in _REFERRING:
                yield identity.parent or identity.name, " ".join(map(str, attributes.values()))
