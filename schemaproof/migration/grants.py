"""What a revision does to privileges without saying so: an object that is made anew has none of what was granted."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from schemaproof.catalog import Catalog, Identity
from schemaproof.catalog.privileges import (
    PUBLIC,
    Connection,
    Held,
    Place,
    Privilege,
    Thing,
    has_defaults,
    held,
    lacking,
    present,
)
from schemaproof.catalog.watch import shelf_of

# What can be done with rows through what stands in for a table: the other privileges say nothing of a view.
_OF_VIEWS = {
    "view": frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"}),
    "materialized view": frozenset({"SELECT"}),
}


@dataclass(frozen=True)
class Change:
    """How the privileges on one object are other than before.

    Attributes:
        thing: the object, as it is afterwards.
        remade: whether another object had its name before.
        privileges: what was granted only before, or of ``Grants.left`` only afterwards; with whether the role could
            grant it on.
        usual: what PUBLIC may do again, since it may with every such object, though it was revoked; "" for nothing.
    """

    thing: Thing
    remade: bool
    privileges: Mapping[Privilege, bool]
    usual: str = ""


@dataclass(frozen=True)
class Grants:
    """What one stairway does to privileges on objects that are there before and after it.

    Attributes:
        lost: by the upgrade, which has made the objects anew.
        unrestored: what the downgrade does not give back, but for what the upgrade has lost.
        left: what was granted by the upgrade, and is still there after the downgrade.
    """

    lost: tuple[Change, ...] = ()
    unrestored: tuple[Change, ...] = ()
    left: tuple[Change, ...] = ()


class Ledger:
    """The privileges in a database that climbs. Where nobody ever grants anything, they are read once.

    Args:
        connect: returns a connection to it.
    """

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._granting = False
        self._known = False
        self._held: Mapping[Place, Held] = {}

    def begin(self) -> None:
        """Before an upgrade: see what is granted, also where the one below it has granted it a second time."""
        if not self._known or self._granting:
            self._known, self._held = True, held(self._connect())
            self._granting = self._granting or any(place != _INITIAL for place in self._held)
            self._granting = self._granting or has_defaults(self._connect())

    def up(self, before: Catalog, first: Catalog, *, grants: bool) -> Grants:
        """What the upgrade that has just run has lost. A REVOKE leaves the object, and takes on purpose.

        Args:
            before: the catalog before it.
            first: that after it.
            grants: whether it grants or revokes something, as far as that can be seen.
        """
        was = self._held
        self._granting |= grants
        touched = [place for place, one in was.items() if _is_touched(one.thing, before, first)]
        if not touched:
            return Grants()
        self._known = False
        things = present(self._connect(), touched)
        remade = {place: thing for place, thing in things.items() if _is_another(was[place].thing, thing)}
        return Grants(tuple(_changes(self._connect(), was, remade)))

    def down(self, before: Catalog, after: Catalog, known: Grants) -> Grants:
        """What the downgrade after it makes of the privileges before both.

        Args:
            before: the catalog before the upgrade.
            after: that after the downgrade.
            known: what the upgrade has lost.
        """
        was = now = self._held
        if self._granting and after.units is not before.units:
            now = held(self._connect())
            other = [place for place, one in was.items() if now.get(place) != one]
        else:
            other = [place for place, one in was.items() if _is_touched(one.thing, before, after)]
        there = present(self._connect(), other) if other else {}
        missing = tuple(_without(_changes(self._connect(), was, there), known.lost))
        return Grants(known.lost, missing, left(was, now, before))


# What every database has.
_INITIAL = Place("schema", "", "", "public")


def _is_touched(thing: Thing, before: Catalog, after: Catalog) -> bool:
    """Whether it may be another object since: what a catalog does not have by itself may be."""
    was, now = (one.units.get(shelf_of(thing.unit), {}).get(thing.unit) for one in (before, after))
    return was is None or was is not now


def _without(changes: Iterable[Change], known: Iterable[Change]) -> Iterator[Change]:
    """``changes`` without what is ``known``."""
    told = {change.thing.place: change for change in known}
    for one in changes:
        other = told.get(one.thing.place)
        if other is None:
            yield one
            continue
        privileges = {each: on for each, on in one.privileges.items() if each not in other.privileges}
        usual = "" if other.usual else one.usual
        if privileges or usual:
            yield replace(one, privileges=privileges, usual=usual)


def left(before: Mapping[Place, Held], after: Mapping[Place, Held], catalog: Catalog) -> tuple[Change, ...]:
    """What is granted only after a downgrade, on objects of the ``catalog`` before the upgrade."""
    found = []
    for place, now in after.items():
        was = before.get(place)
        if was == now or not _was_there(now.thing, catalog):
            continue
        usual = Privilege(PUBLIC, now.usual)  # which nobody had to grant
        known = {*was.granted} if was is not None else {usual}
        more = {one: on for one, on in now.granted.items() if one not in known}
        if was is not None and was.withheld:  # told as not restored
            more.pop(usual, None)
        if more:
            found.append(Change(now.thing, False, more))
    return tuple(found)


def _is_another(before: Thing, now: Thing) -> bool:
    return (before.oid, before.number) != (now.oid, now.number)


def _was_there(thing: Thing, catalog: Catalog) -> bool:
    """Whether it is one of the objects of the ``catalog``, and not another one of its name."""
    _, schema, parent, name = thing.place
    known = thing.unit in catalog.units.get(shelf_of(thing.unit), {})
    return known and (not parent or Identity("column", schema, parent, name) in catalog.objects)


def _changes(connection: Connection, before: Mapping[Place, Held], now: Mapping[Place, Thing]) -> Iterator[Change]:
    """Of what was granted ``before`` what the roles lack on the objects of the same names, object by object."""
    asked = [(thing, one) for place, thing in now.items() for one in _of_use(before[place].granted, thing)]
    withheld = [
        (thing, Privilege(PUBLIC, before[place].usual)) for place, thing in now.items() if before[place].withheld
    ]
    missing = set(lacking(connection, [*asked, *withheld])) if asked or withheld else set()
    for place, thing in now.items():
        was = before[place]
        gone = {one: was.granted[one] for other, one in asked if other == thing and (thing, one) in missing}
        again = was.withheld and (thing, Privilege(PUBLIC, was.usual)) not in missing
        if gone or again:
            yield Change(thing, _is_another(was.thing, thing), gone, was.usual if again else "")


def _of_use(granted: Iterable[Privilege], thing: Thing) -> list[Privilege]:
    """Those of ``granted`` that mean something on the object that there is now."""
    known = _OF_VIEWS.get(thing.kind)
    return [one for one in granted if known is None or one.privilege in known]


_WORD = re.compile(r"\b(?:GRANT|REVOKE)\b", re.IGNORECASE)


def is_about(text: str) -> bool:
    """Whether ``text`` grants or revokes something, now or on objects to come."""
    return _WORD.search(text) is not None


def is_said(statements: Iterable[str], word: str, role: str, thing: Thing) -> bool:
    """Whether one of ``statements`` grants or revokes (the ``word``) something of ``role`` on the object, or on all.

    A statement that is put together by the server may be about any.
    """
    name = (thing.place.parent or thing.place.name).partition("(")[0]
    return any(
        re.search(rf"\b{word}\b", one, re.IGNORECASE)
        and re.search(rf"(?<![\w$]){re.escape(role)}(?![\w$])|%", one, re.IGNORECASE)
        and (name.lower() in one.lower() or re.search(r"\bALL\s+\w+\s+IN\s+SCHEMA\b|%", one, re.IGNORECASE))
        for each in statements
        for one in each.split(";")
    )
