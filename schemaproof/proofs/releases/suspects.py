"""Which functions a deployment may break: those that it leaves as they are, and that name what it changes."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from schemaproof.catalog import Catalog, Difference, Identity, diff
from schemaproof.catalog.values import Attributes
from schemaproof.proofs.releases import tokens
from schemaproof.proofs.releases.plpgsql import Body, Piece

_ROUTINES = frozenset({"function", "procedure"})
_RELATIONS = frozenset({"table", "foreign table", "view", "materialized view"})
_NAMED = _RELATIONS | _ROUTINES | {"aggregate", "type", "domain", "sequence"}
# What a name has to be, for what refers to it by that name.
_MATERIAL = frozenset({"", "type", "returns", "arguments"})

# A history has the same bodies at each of its revisions.
_words = lru_cache(maxsize=4096)(tokens.words)


@dataclass(frozen=True)
class Gone:
    """A name that means nothing any more, and may be in a text that can't be read before it has run.

    Attributes:
        what: the column or relation.
        words: those that have to be in a body for that.
    """

    what: Identity
    words: frozenset[str]


def suspects(before: Catalog, after: Catalog) -> list[Identity]:
    """The routines to ask, in their order; none where nothing that they name was changed."""
    routines = [one for one in before.objects if one.kind in _ROUTINES]
    if not routines:
        return []
    changed = {name for one in diff(before, after) for name in _names(one)}
    old, new = before.objects, after.objects
    return sorted(one for one in routines if _is_left(old[one], new.get(one)) and _mentioned(old[one]) & changed)


def gone(before: Catalog, after: Catalog) -> list[Gone]:
    """The columns and relations that have no successor of their name."""
    left = {one.name for one in after.objects if one.kind in _RELATIONS or one.kind == "column"}
    found = []
    for one in diff(before, after):
        if one.kind != "missing":
            continue
        if one.identity.kind == "column":
            found.append(Gone(one.identity, frozenset({one.identity.parent, one.identity.name})))
        elif one.identity.kind in _RELATIONS and one.identity.name not in left:
            found.append(Gone(one.identity, frozenset({one.identity.name})))
    return found


def mentions(of: Gone, body: Body, words: Collection[str], pieces: Sequence[Piece], after: Catalog) -> Iterator[Piece]:
    """Those of ``pieces`` that may be about what is gone, and about nothing else of that name.

    Args:
        of: what is gone.
        body: the body that they are from.
        words: all in it.
        pieces: what is known of it only when it runs.
        after: the catalog afterwards.
    """
    name = of.what.name
    if not of.words <= {*words} or name in body.variables or of.words & body.made:
        return
    others = {one.parent for one in after.objects if one.kind == "column" and one.name == name and one.parent in words}
    if not others:
        yield from (one for one in pieces if name in _words(one.source))


def body_words(attributes: Attributes) -> frozenset[str]:
    """The words of a routine's body."""
    return _words(str(attributes.get("body") or ""))


def _names(one: Difference) -> Iterator[str]:
    """What a body says that refers to what is different."""
    if one.attribute not in _MATERIAL:
        return
    kind, extra = one.identity.kind, one.kind == "extra"
    if kind == "column" or (kind == "constraint" and one.kind == "missing"):
        yield one.identity.parent  # a column that is new may be ambiguous, or one too many
    elif kind in _NAMED and not extra:
        yield one.identity.name.partition("(")[0]


def _is_left(old: Attributes, new: Attributes | None) -> bool:
    return (
        new is not None
        and old.get("language") in {"sql", "plpgsql"}
        and all(old.get(one) == new.get(one) for one in ("body", "language"))
    )


def _mentioned(attributes: Mapping[str, object]) -> set[str]:
    texts: Iterable[str] = (str(attributes.get(one) or "") for one in ("body", "arguments", "returns"))
    return {word for text in texts for word in _words(text)}
