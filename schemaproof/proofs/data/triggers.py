"""Which triggers a revision's statements fire, and which of these may have changed a value."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from schemaproof.catalog import Catalog
from schemaproof.proofs.data.snapshot import Name
from schemaproof.proofs.data.tokens import Cursor, Token, tokens
from schemaproof.proofs.data.writes import Write, Writes, written_by

_EVENTS = {"update": "update", "insert": "insert", "copied": "insert", "delete": "delete", "truncate": "truncate"}


@dataclass(frozen=True)
class Trigger:
    """One of a table.

    Attributes:
        table: its table.
        name: its name.
        before: whether it runs before the row is written, and so can set the row's own values.
        events: "insert", "update", "delete" and "truncate".
        columns: those that it waits for an UPDATE of; empty for all.
        function: the name of its function.
    """

    table: Name
    name: str
    before: bool
    events: frozenset[str]
    columns: frozenset[str]
    function: str

    def fires_on(self, write: Write) -> bool:
        """Whether the statement fires it, if it finds rows."""
        event = _EVENTS.get(write.kind)
        if event not in self.events or not write.of({self.table}):
            return False
        return event != "update" or not self.columns or bool(self.columns & set(write.columns))


def triggers_of(catalogs: Iterable[Catalog | None]) -> list[Trigger]:
    """Those that one of ``catalogs`` has, each once."""
    found = {}
    for catalog in catalogs:
        for one, attributes in catalog.objects.items() if catalog is not None else ():
            if one.kind == "trigger":
                found[one] = _read((one.schema, one.parent), one.name, str(attributes["definition"]))
    return list(found.values())


def culprits(
    triggers: Iterable[Trigger],
    writes: Writes,
    functions: Mapping[str, str],
    table: Collection[Name],
    column: str,
) -> list[Trigger]:
    """Those that the statements fire and that write to ``table``; where some of these name ``column``, these alone.

    Args:
        triggers: all that there are.
        writes: what the statements name for writing.
        functions: the bodies of the database's own functions, by name.
        table: whose values have changed, by its names before and after.
        column: in which of its columns.
    """
    known = list(triggers)
    bodies = {one: written_by(functions.get(one.function, ""), functions).found for one in known}
    fired = _fired(known, bodies, writes.found)
    near = [one for one in fired if (one.before and one.table in table) or _into(bodies[one], table)]
    naming = [
        one
        for one in near
        if (one.before and one.table in table and _assigns(functions.get(one.function, ""), column))
        or any(column in write.columns for write in _into(bodies[one], table))
    ]
    return naming or near


def _fired(known: list[Trigger], bodies: Mapping[Trigger, list[Write]], found: list[Write]) -> list[Trigger]:
    """Those that ``found`` fire, and those that what these write fires."""
    fired: dict[Trigger, None] = {}
    waiting = list(found)
    while waiting:
        write = waiting.pop()
        for one in known:
            if one not in fired and one.fires_on(write):
                fired[one] = None
                waiting += bodies[one]
    return [one for one in known if one in fired]


def _into(found: Iterable[Write], table: Collection[Name]) -> list[Write]:
    return [one for one in found if one.kind == "update" and one.of(table)]


def _assigns(body: str, column: str) -> bool:
    """Whether it sets NEW.column, by := or =."""
    words = tokens(body)
    return any(
        [one.text for one in words[place : place + 3]] == ["new", ".", column] and words[place + 3].text in {":", "="}
        for place in range(len(words) - 3)
    )


def _read(table: Name, name: str, definition: str) -> Trigger:
    """What pg_get_triggerdef() says of it."""
    words = tokens(definition)
    place = next((number for number, one in enumerate(words) if _is(one, "before", "after", "instead")), len(words))
    head = list(_until(words[place:], "on"))
    events = frozenset(one.text for one in head if _is(one, "insert", "update", "delete", "truncate"))
    # INSTEAD OF has one of its own, in the second place.
    of = next((number for number, one in enumerate(head) if number > 1 and _is(one, "of")), len(head))
    columns = frozenset(one.text for one in _until(head[of + 1 :], "or") if one.is_name)
    execute = max((number for number, one in enumerate(words) if _is(one, "execute")), default=len(words))
    function = Cursor(definition, words, execute + 2).name()
    before = bool(head) and _is(head[0], "before")
    return Trigger(table, name, before, events, columns, function[1] if function else "")


def _is(word: Token, *texts: str) -> bool:
    return word.kind == "word" and word.text in texts


def _until(words: list[Token], end: str) -> Iterator[Token]:
    for word in words:
        if _is(word, end):
            return
        yield word
