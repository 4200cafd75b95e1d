"""Rows that a statement writes though a unique index that is there has such already: what to write in its place."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemaproof.catalog import Catalog, Identity
from schemaproof.catalog.names import unquoted
from schemaproof.catalog.values import Attributes
from schemaproof.migration.environment import sqlstate
from schemaproof.migration.lines.operations import execute
from schemaproof.migration.stairway import Stairs
from schemaproof.proofs.data.counting import is_there, key_of, table_of
from schemaproof.proofs.data.nulled import ENDS_SET, source_of
from schemaproof.proofs.data.refusals import failed_statement, said
from schemaproof.proofs.data.showing import identifier, quoted_name
from schemaproof.proofs.data.snapshot import Name
from schemaproof.proofs.data.tokens import Cursor, Token, split, tokens
from schemaproof.proofs.data.writes import Write, writes

_UNIQUE = "23505"
_WRITING = frozenset({"insert", "update", "merge", "copy"})
_DEFINES = frozenset({"create", "add", "reindex"})  # several statements were sent as one: which failed nobody says
_PARAMETER = re.compile(r"%\(|%s|\$\d|(?<!:):[a-z_]", re.IGNORECASE)
_WORDS = 60  # of a statement that a remedy repeats


@dataclass(frozen=True)
class Duplicated:
    """A statement that a unique index refuses.

    Attributes:
        table: the index's.
        key: its columns, as SQL has them.
        index: it, or its constraint, in a catalog; empty where that is not known.
        write: what the statement says of the table; None where a trigger writes to it, say.
        catalogs: what the query that counts is run in, and what the statement was written for.
    """

    table: Name
    key: str
    index: Attributes
    write: Write | None
    catalogs: tuple[Catalog, Catalog]

    @classmethod
    def of(cls, error: BaseException | None, stairs: Stairs, *, down: bool = False) -> "Duplicated | None":
        """What ``error`` is about, of the upgrade or ``down`` of the downgrade; None where it is about something else.

        The server reports the same error for an index that can't be built: the statement tells them apart.
        """
        there, goal = (stairs.first, stairs.before) if down else (stairs.before, stairs.first)
        table = table_of(error)
        if sqlstate(error) != _UNIQUE or table is None or there is None or goal is None:
            return None
        statement, name = failed_statement(error), said(error, "constraint_name")
        words = {one.text for one in tokens(statement) if one.kind == "word"}
        was = _index(table, name, there.objects)
        if _DEFINES & words and not was:
            return None
        names = [table, *_wholes(table, goal)]
        own = [one for one in writes([statement], {}).found if one.of(names)]
        write = next((one for one in own if one.kind in {"insert", "copied", "update"}), None)
        if write is None and not _WRITING & words:
            return None
        index = _index(table, name, goal.objects) or was
        return cls(names[-1], key_of(error), index, write, (there, goal))

    @property
    def remedy(self) -> str:
        """What to write instead of the statement."""
        name = quoted_name(self.table)
        if self.write is None:
            return (
                f"What the statement writes to {name} has the {self._called} of other rows. Leave such rows out in it,"
                " or merge them before."
            )
        if self.write.kind == "update":
            return self._of_update(name)
        return self._of_insert(self.write, name)

    @property
    def query(self) -> tuple[str, str]:
        """The query that counts the rows, and how it does; "" where none can be run."""
        plain = self._plain
        if plain is None or plain.shifted:
            return "", ""
        query = f"SELECT {plain.keys}, count(*) FROM {plain.target} {plain.twice}"
        there, goal = self.catalogs
        return (query if is_there(query, goal, there) else ""), ""

    @property
    def _plain(self) -> "Plain | None":
        return Plain.of(self.write, self.key) if self.write is not None and self.write.kind == "update" else None

    def _of_insert(self, write: Write, name: str) -> str:
        told = f"Rows of {name} have the {self._called} of rows that the statement inserts. Leave such rows out in it"
        if self.index.get("deferrable") or _has(write.statement, "conflict") or not self.key:
            # ON CONFLICT takes no deferrable constraint, and a statement has but one.
            return f"{told}: `INSERT INTO {name} ... SELECT ... WHERE NOT EXISTS (SELECT FROM {name} WHERE ...)`."
        predicate = self.index.get("predicate")
        clause = f"ON CONFLICT ({self.key}){f' WHERE {predicate}' if predicate else ''} DO NOTHING"
        ended = _ended(write.statement, clause)
        if ended:
            return f"{told}: `{execute(ended)}`; or overwrite those that are there, with DO UPDATE SET ..."
        return (
            f"{told}: let it end with `{clause}`; of a table object,"
            " `op.execute(postgresql.insert(table).values(...).on_conflict_do_nothing())`, with `from"
            " sqlalchemy.dialects import postgresql`."
        )

    def _of_update(self, name: str) -> str:
        told = f"The statement gives rows of {name} the {self._called} of others."
        plain = self._plain
        if plain is None:
            return (
                f"{told} Merge such rows before it, or leave them out in it: `AND NOT EXISTS (SELECT FROM {name} other"
                " WHERE ...)`."
            )
        if plain.shifted:
            first, second = plain.by_negative_numbers
            return (
                f"{told} PostgreSQL looks at one row after the other, also where all differ in the end: go by numbers"
                f" that no row has, `{execute(first)}` and then `{execute(second)}`."
            )
        return f"{told} Merge such rows before it, or leave them as they are: `{execute(plain.leaving_out)}`."

    @property
    def _called(self) -> str:
        return self.key or "key"


@dataclass(frozen=True)
class Plain:
    """An UPDATE of one table that joins no other.

    Attributes:
        target: the table, as it is written, with its alias.
        setting: what stands after SET.
        condition: which rows; "" for all.
        keys: what the columns of the unique key are afterwards.
        count: how many these are.
        shifted: the column that is counted up or down, where the key is that one alone; else "".
    """

    target: str
    setting: str
    condition: str
    keys: str
    count: int
    shifted: str = ""

    @classmethod
    def of(cls, write: Write, key: str) -> "Plain | None":
        """What ``write`` is, where it can be told."""
        rows = tokens(write.reaching)
        where = next((one for one in rows if one.kind == "word" and one.text == "where"), None)
        target = write.reaching[: where.start if where else None].strip()
        assigned = Cursor(write.statement, write.words).until(lambda one: one.kind == "word" and one.text in ENDS_SET)
        columns = [unquoted(one)[-1] for one in key.split(", ")] if key else []
        sources = {one: source_of(write, one) for one in columns if one in write.columns}
        if not rows or not sources or not all(sources.values()) or "," in target or "(" in key:
            return None
        condition = write.reaching[where.end :].strip() if where else ""
        names = [identifier(one) for one in columns]
        values = [_after(sources.get(one, ""), name, condition) for one, name in zip(columns, names, strict=True)]
        setting = " ".join(write.statement[assigned[0].start : assigned[-1].end].split())
        shifted = names[0] if len(names) == len(split(assigned)) == 1 and _counts(assigned, columns[0]) else ""
        return cls(target, setting, condition, ", ".join(values), len(values), shifted)

    @property
    def twice(self) -> str:
        """What finds the keys that several rows would have."""
        ordinals = ", ".join(str(one + 1) for one in range(self.count))
        return f"GROUP BY {ordinals} HAVING count(*) > 1"

    @property
    def leaving_out(self) -> str:
        """The statement, without the rows of such keys."""
        keys = f"({self.keys})" if self.count > 1 else self.keys
        # NULL in the list, and NOT IN would find none.
        listed = f"SELECT {self.keys} FROM {self.target} {self.twice} AND ({self.keys}) IS NOT NULL"
        also = f"({self.condition}) AND " if self.condition else ""
        return f"UPDATE {self.target} SET {self.setting} WHERE {also}{keys} NOT IN ({listed})"

    @property
    def by_negative_numbers(self) -> tuple[str, str]:
        """The statement in two that meet no row on their way, of numbers that are not negative."""
        value = self.setting.partition("=")[2].strip()
        where = f" WHERE {self.condition}" if self.condition else ""
        return (
            f"UPDATE {self.target} SET {self.shifted} = -({value}){where}",
            f"UPDATE {self.target} SET {self.shifted} = -{self.shifted} WHERE {self.shifted} < 0",
        )


def _after(source: str, name: str, condition: str) -> str:
    """What a column is after the UPDATE."""
    if not source:
        return name
    return f"CASE WHEN {condition} THEN {source} ELSE {name} END" if condition else source


def _counts(assigned: Sequence[Token], column: str) -> bool:
    """Whether it is ``column = column + 1``, or so."""
    equals = next((place for place, one in enumerate(assigned) if one.text == "="), 0)
    value = assigned[equals + 1 :]
    own = [one for one in value if one.is_name]
    return len(own) == 1 and own[0].text == column and any(one.text in {"+", "-"} for one in value) and len(value) > 2


def _ended(statement: str, clause: str) -> str:
    """``statement`` with ``clause``, before RETURNING; "" where it is long, one of several, or has parameters."""
    words = tokens(statement)
    if len(words) > _WORDS or _PARAMETER.search(statement) or any(one.text == ";" for one in words[:-1]):
        return ""
    if words[0].text != "insert":
        return ""
    last = next((one.start for one in words if one.kind == "word" and one.text == "returning"), len(statement))
    rest = statement[last:].strip()
    return " ".join(f"{statement[:last].rstrip().removesuffix(';')} {clause} {rest}".split())


def _has(statement: str, word: str) -> bool:
    return any(one.kind == "word" and one.text == word for one in tokens(statement))


def _index(table: Name, name: str, objects: Mapping[Identity, Attributes]) -> Attributes:
    """The unique index, or the constraint that has it."""
    found = (objects.get(Identity(kind, *table, name)) for kind in ("constraint", "index"))
    return next((one for one in found if one), {})


def _wholes(table: Name, catalog: Catalog) -> list[Name]:
    """The partitioned tables that ``table`` is part of, the nearest first."""
    found: list[Name] = []
    while whole := catalog.objects.get(Identity("table", table[0], "", table[1]), {}).get("partition of"):
        parts = unquoted(str(whole))
        table = (parts[-2] if len(parts) > 1 else "public", parts[-1])
        found.append(table)
    return found
