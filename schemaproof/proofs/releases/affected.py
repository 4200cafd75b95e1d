"""Which relations of the older release a deployment may have changed something for: the others need not be tried."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from schemaproof.catalog import Catalog, Identity, diff
from schemaproof.catalog.names import unquoted
from schemaproof.catalog.values import Attributes, Value

type Name = tuple[str, str]
type Objects = Mapping[Identity, Attributes]

_RELATIONS = frozenset({"table", "foreign table", "view", "materialized view"})
_TYPES = frozenset({"type", "domain"})
_ROUTINES = frozenset({"function", "procedure", "aggregate"})
# What runs by itself when a table is written to or read.
_RUNS = frozenset({"trigger", "rule", "policy"})
# By these a change of one concerns all tables: of what a publication has, UPDATE and DELETE need a replica identity.
_OF_ALL = frozenset({"publication"})
# Tables that are concerned by nothing of their own: what many share fails in a few as in all, and each takes its time.
_INDIRECT = 20
# What no statement of the older release can tell.
_IMMATERIAL = frozenset({"comment", "statistics target", "statistics targets", "storage", "compression", "position"})


@dataclass(frozen=True)
class Affected:
    """What a deployment may have changed something for.

    Attributes:
        relations: schema and name of each, with the columns whose values it may be about; those of before.
        unique: by table, the columns of what is unique or excludes only afterwards; none of them for an expression.
        checks: by table and column, the definitions of checks that are there only afterwards.
    """

    relations: Mapping[Name, frozenset[str]]
    unique: Mapping[Name, tuple[tuple[str, ...], ...]]
    checks: Mapping[tuple[Name, str], tuple[str, ...]]


def affected(before: Catalog, after: Catalog) -> Affected:
    """What the revisions between the two catalogs may have changed something for."""
    finder = _Finder(before.objects, after.objects)
    for one in diff(before, after):
        if one.attribute not in _IMMATERIAL:
            finder.look_at(one.identity, extra=one.kind == "extra")
    finder.follow()
    return finder.found()


class _Finder:
    def __init__(self, before: Objects, after: Objects) -> None:
        self._before, self._after = before, after
        self._there = {(one.schema, one.name) for one in before if one.kind in _RELATIONS}
        self._columns: dict[Name, set[str]] = defaultdict(set)
        for one in before:
            if one.kind == "column":
                self._columns[one.schema, one.parent].add(one.name)
        self._relations: dict[Name, set[str]] = defaultdict(set)
        self._unique: dict[Name, list[tuple[str, ...]]] = defaultdict(list)
        self._checks: dict[tuple[Name, str], list[str]] = defaultdict(list)
        self._own: set[Name] = set()  # those that differ themselves
        self._seeds: set[str] = set()  # names by which functions refer to what has changed

    def look_at(self, one: Identity, *, extra: bool) -> None:
        """Take in what is different of the object ``one``, which is there only afterwards if ``extra``."""
        name = (one.schema, one.parent or one.name)
        if one.kind in _OF_ALL:
            for each in self._there - self._identified():
                self._relations[each] |= set()
        elif one.kind in _TYPES or (one.kind == "constraint" and name not in self._there):
            self._of_type(one if one.kind in _TYPES else Identity("domain", one.schema, "", one.parent), one)
        elif one.kind in _ROUTINES:
            self._seeds.add(one.name.partition("(")[0])
        elif name in self._there:
            self._seeds.add(name[1])
            self._own.add(name)
            self._relations[name] |= {one.name} & self._columns[name] if one.kind == "column" else set()
            if one.kind in {"constraint", "index"}:
                self._of_constraint(name, one)
        elif one.kind == "sequence" and not extra:
            self._seeds.add(one.name)

    def _identified(self) -> set[Name]:
        """The tables whose rows a publication can tell by their primary key."""
        keyed = {
            (one.schema, one.parent)
            for one, attributes in self._after.items()
            if one.kind == "constraint" and attributes.get("type") == "PRIMARY KEY"
        }
        usual = {
            (one.schema, one.name)
            for one, attributes in self._after.items()
            if one.kind == "table" and attributes.get("replica identity") == "default"
        }
        return keyed & usual

    def _of_constraint(self, table: Name, one: Identity) -> None:
        attributes = self._after.get(one) or {}
        listed = attributes.get("columns")
        columns = tuple(unquoted(str(each))[0] for each in listed) if isinstance(listed, tuple) else ()
        definition = str(attributes.get("definition") or "")
        if attributes.get("unique") or attributes.get("type") in {"UNIQUE", "PRIMARY KEY", "EXCLUDE"}:
            known = tuple(each for each in columns if each in self._columns[table])
            self._unique[table].append(known if len(known) == len(columns) else ())
        elif attributes.get("type") == "CHECK":
            for column in self._columns[table] & _words(definition):
                self._relations[table].add(column)
                self._checks[table, column].append(definition)

    def _of_type(self, kind: Identity, one: Identity) -> None:
        """The columns of the type, or of arrays of it."""
        definition = str((self._after.get(one) or {}).get("definition") or "")
        for each, attributes in self._before.items():
            if each.kind == "column" and unquoted(str(attributes.get("type")))[-1].partition("[")[0] == kind.name:
                table = (each.schema, each.parent)
                self._relations[table].add(each.name)
                if definition:
                    self._checks[table, each.name].append(definition.replace("VALUE", each.name))

    def follow(self) -> None:
        """Find the tables whose triggers, rules, policies and expressions call or write to what has changed."""
        routines = {
            one.name.partition("(")[0]: _words(str(attributes.get("body") or ""))
            for one, attributes in self._before.items()
            if one.kind in _ROUTINES
        }
        while more := {name for name, words in routines.items() if words & self._seeds} - self._seeds:
            self._seeds |= more
        called = routines.keys() & self._seeds
        for one, attributes in self._before.items():
            name = (one.schema, one.parent)
            if (
                one.kind in _RUNS
                and name in self._there
                and _mentioned(attributes.values()) & (called | self._direct(one))
            ):
                self._relations[name] |= set()
            elif one.kind in {"column", "constraint"} and name in self._there and called:
                shown = [attributes.get(each) for each in ("default", "generated", "definition")]
                if _mentioned(shown) & called:
                    self._relations[name] |= {one.name} & self._columns[name]

    def _direct(self, one: Identity) -> set[str]:
        """What a rule may name itself."""
        return self._seeds if one.kind != "trigger" else set()

    def found(self) -> Affected:
        """What was found."""
        indirect = sorted(self._relations.keys() - self._own)[:_INDIRECT]
        return Affected(
            {name: frozenset(self._relations[name]) for name in sorted({*self._own, *indirect})},
            {name: tuple(dict.fromkeys(keys)) for name, keys in self._unique.items()},
            {place: tuple(dict.fromkeys(texts)) for place, texts in self._checks.items()},
        )


def _words(text: str) -> set[str]:
    return {one.strip('"') for one in re.findall(r'"[^"]+"|\w+', text)}


def _mentioned(values: Iterable[Value]) -> set[str]:
    return {word for text in _texts(values) for word in _words(text)}


def _texts(values: Iterable[Value]) -> Iterator[str]:
    for value in values:
        if isinstance(value, tuple):
            yield from _texts(value)
        elif isinstance(value, str):
            yield value
