"""Values that become others with their column's type: rounded, cut, mapped wrongly, or encoded twice."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from schemaproof.proofs.data.inhabited import Experiment
from schemaproof.proofs.data.matching import Matched
from schemaproof.proofs.data.snapshot import Cells, Column
from schemaproof.proofs.data.tokens import Token
from schemaproof.proofs.data.writes import Write

type Changes = Sequence[tuple[Cells, str | None, str | None]]

_STRINGS = ("text", "character varying", "character", "citext")
_CLOCKS = ("timestamp", "time", "date")
_NUMBERS = ("numeric", "double precision", "real", "integer", "bigint", "smallint", "money")
_JSON = ("json", "jsonb")
_DOCUMENTS = (
    "json",
    "payload",
    "data",
    "meta",
    "config",
    "setting",
    "attribute",
    "propert",
    "document",
    "extra",
    "option",
)


@dataclass(frozen=True)
class Loss:
    """What a change of type does.

    Attributes:
        how: in words.
        changes: the rows before, and the values before and after.
        writes: the statements.
        remedy: with places for {table} and {column}.
    """

    how: str
    changes: Changes
    writes: Sequence[Write]
    remedy: str


def loss(experiment: Experiment, table: Matched, was: Column, now: Column, changes: Changes) -> Loss | None:
    """What the change of a column's type makes of its values; None where they are the same, or meant to be others."""
    names = {table.before.name, table.after.name}
    own = [one for one in experiment.writes.to(names, "type") if set(one.columns) & {was.name, now.name}]
    if not own or any(was.name in one.columns for one in experiment.writes.to(names, "update")):
        return None
    change = _Change(experiment, was, now, changes, own, _using(own[-1].words))
    if _is(now, _JSON):
        return change.encoded()
    if any(one.kind == "word" and one.text == "case" for one in change.using):
        return change.mapped()
    return change.shortened() if _bare(change.using, {was.name, now.name}) else None


def _using(words: Sequence[Token]) -> Sequence[Token]:
    place = next((number for number, one in enumerate(words) if one.kind == "word" and one.text == "using"), None)
    return words[place + 1 :] if place is not None else ()


def _is(column: Column, names: Sequence[str]) -> bool:
    return column.type.split("(")[0].split(" with")[0].strip() in names


def _bare(using: Sequence[Token], names: set[str]) -> bool:
    """Whether it is nothing but the column, perhaps cast: what it does is in the types alone."""
    if not using:
        return True
    signs = {one.text for one in using if one.kind == "sign"}
    return signs <= set(":(),.") and (using[0].text in {*names, "cast", "("})


@dataclass(frozen=True)
class _Change:
    """One column's change of type; ``changes`` are the values that are printed otherwise after it."""

    experiment: Experiment
    was: Column
    now: Column
    changes: Changes
    own: Sequence[Write]
    using: Sequence[Token]

    def shortened(self) -> Loss | None:
        """Rounded or cut, by nothing but a cast."""
        was, now = self.was, self.now
        strings = _is(was, _STRINGS) and _is(now, _STRINGS)
        numbers = _is(was, _NUMBERS) and _is(now, _NUMBERS)
        clock = was.type.split("(")[0] == now.type.split("(")[0] and was.type.startswith(_CLOCKS)
        if not (numbers or strings or clock):
            return None
        back = self.experiment.cast([(was.type, new or "") for _, _, new in self.changes])
        lost = [
            change
            for change, again in zip(self.changes, back, strict=True)
            if again is not None and again.rstrip() != (change[1] or "").rstrip()
        ]
        verb, using = ("cut", "left({column}, ...)") if strings else ("rounded", "round({column}, ...)")
        return self._loss(
            f"they are {verb}",
            lost,
            f'If that is meant, say so: `postgresql_using="{using}"`; else keep {was.type}. Rows affected in'
            f" production: `SELECT count(*) FROM {{table}} WHERE {{column}}::{now.type}::{was.type} <> {{column}}`,"
            " before the upgrade.",
        )

    def mapped(self) -> Loss | None:
        """Mapped by a CASE to another value, though the new type has the old one."""
        now = self.now
        if _is(now, (*_STRINGS, *_NUMBERS)) or now.type.startswith(_CLOCKS):
            return None
        legal = self.experiment.cast([(now.type, old or "") for _, old, _ in self.changes])
        lost = [one for one, same in zip(self.changes, legal, strict=True) if same is not None and same != one[2]]
        if not lost:
            return None
        old, new = lost[0][1:]
        left_out = "" if any(one.text == old for one in self.using) else ", which it leaves out"
        return self._loss(
            f"the CASE makes {new!r} of {old!r}{left_out}, though {now.type} has {old!r} too",
            lost,
            f"Map {old!r} to itself in the CASE, or write `{{column}}::text::{now.type}`. Rows affected in production:"
            " `SELECT {column}, count(*) FROM {table} GROUP BY 1`, before the upgrade.",
        )

    def encoded(self) -> Loss | None:
        """Documents that are JSON strings now, with the document as their text."""
        if not _is(self.was, _JSON) and not any(part in self.was.name.lower() for part in _DOCUMENTS):
            return None
        return self._loss(
            "each document is encoded once more, as a string",
            [change for change in self.changes if _is_encoded(change[1] or "", change[2] or "")],
            f'Cast it: `postgresql_using="{{column}}::{self.now.type}"`. Rows affected in production:'
            " `SELECT count(*) FROM {table} WHERE jsonb_typeof({column}::jsonb) = 'string'`, after the upgrade.",
        )

    def _loss(self, how: str, lost: Changes, remedy: str) -> Loss | None:
        return Loss(how, lost, self.own, remedy) if lost else None


def _is_encoded(old: str, new: str) -> bool:
    try:
        document, found = json.loads(old), json.loads(new)
    except ValueError:
        return False
    return isinstance(document, dict | list) and isinstance(found, str) and _loads(found) == document


def _loads(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None
