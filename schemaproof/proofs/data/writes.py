"""What a revision's statements name for writing: tables and columns, in CTEs, DO blocks and functions too."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypedDict, Unpack

from schemaproof.proofs.data.tokens import Cursor, Token, split, tokens

type Kind = Literal["update", "insert", "delete", "truncate", "type", "copied", "dropped", "trigger"]

_ENDS_SET = frozenset({"from", "where", "returning", "when"})
_NO_UPDATE = frozenset({"for", "key", "on", "or", "before", "after", "of", "grant", "revoke"})
# What a driver puts in: the query could not be run as it is.
_PARAMETER = re.compile(r"%\(|%s|\$\d|:\w+\b(?<!::)")
# What leaves rows out on purpose, in a SELECT that fills a table.
_CHOOSING = frozenset({"where", "distinct", "group", "having", "limit", "offset", "conflict", "except", "intersect"})


@dataclass(frozen=True)
class Write:
    """One place at which a statement names a table for writing.

    Attributes:
        kind: what it does; "copied" is a table made or filled by a query.
        table: schema, if it is there, and name.
        statement: the whole statement.
        words: what it says of it: of an UPDATE all after SET, of ALTER ... TYPE the new type and all after it.
        columns: those that it sets; of an INSERT those that it names.
        chosen: whether a condition says which rows.
        touched: columns that it sets to themselves, so that triggers fire.
        reaching: which rows it reaches, as what stands after FROM in a query; "" where that is not known.
        alias: by which name the table is known there.
    """

    kind: Kind
    table: tuple[str | None, str]
    statement: str
    words: Sequence[Token] = ()
    columns: tuple[str, ...] = ()
    chosen: bool = False
    touched: tuple[str, ...] = ()
    reaching: str = ""
    alias: str = ""

    def of(self, names: Collection[tuple[str, str]]) -> bool:
        """Whether its table is one of ``names``."""
        schema, name = self.table
        return any(name == one and schema in {None, other} for other, one in names)


class _More(TypedDict, total=False):
    """What is said of some kinds of a ``Write``, by its attributes."""

    words: Sequence[Token]
    columns: tuple[str, ...]
    chosen: bool
    touched: tuple[str, ...]
    reaching: str
    alias: str


@dataclass
class Writes:
    """All of a run.

    Attributes:
        found: the places, in order.
        opaque: whether some statement is put together at run time, so that nobody can tell what it names.
    """

    found: list[Write] = field(default_factory=list)
    opaque: bool = False

    def to(self, names: Collection[tuple[str, str]], *kinds: Kind) -> list[Write]:
        """Those to one of the tables ``names``, of these kinds."""
        return [one for one in self.found if one.kind in kinds and one.of(names)]

    def sets(self, names: Collection[tuple[str, str]], columns: Collection[str]) -> bool:
        """Whether some statement sets one of ``columns`` of one of the tables ``names``, or may do so."""
        named = self.to(names, "update", "type", "dropped")
        return self.opaque or any(set(one.columns) & set(columns) for one in named)


def writes(statements: Sequence[str], functions: Mapping[str, str]) -> Writes:
    """What ``statements`` write to.

    Args:
        statements: in the order in which they were sent.
        functions: the bodies of the database's own functions by name, for those that a statement calls.
    """
    result = Writes()
    for statement in statements:
        _Reader(result, functions, statement).read(statement, set())
    return result


def written_by(body: str, functions: Mapping[str, str]) -> Writes:
    """What the body of a function writes to, by the statements that stand in it and in the functions that it calls."""
    result = Writes()
    _Reader(result, functions, body).read(body, set(), body=True)
    return result


class _Reader:
    """Reads one statement, and what it calls."""

    def __init__(self, result: Writes, functions: Mapping[str, str], statement: str) -> None:
        self._result, self._functions, self._statement = result, functions, statement
        self._target: tuple[str | None, str] | None = None  # of the INSERT or MERGE that was met last

    def read(self, text: str, called: set[str], *, body: bool = False) -> None:
        words = tokens(text)
        defines = _begins(words, "create") and any(one.text in {"function", "procedure"} for one in words[:6])
        trigger = _begins(words, "create") and any(one.text == "trigger" for one in words[:5])
        if trigger:
            self._trigger(text, words)
            return
        if _begins(words, "do") and not body:
            for one in words:
                if one.kind in {"body", "string"}:
                    self.read(one.text, called, body=True)
            return
        if defines:
            return
        cursor = Cursor(text, words)
        while cursor.place < len(words):
            word = words[cursor.place]
            cursor.place += 1
            if word.kind == "word":
                self._meet(word.text, cursor, body=body)
            if word.is_name and word.text in self._functions and cursor.at("(") and word.text not in called:
                self.read(self._functions[word.text], called | {word.text}, body=True)

    def _meet(self, word: str, cursor: Cursor, *, body: bool) -> None:
        before = cursor.words[cursor.place - 2].text if cursor.place > 1 else ""
        match word:
            case "update" if before not in _NO_UPDATE:
                self._update(cursor, body=body)
            case "insert":
                self._insert(cursor)
            case "delete" if before not in _NO_UPDATE:
                self._delete(cursor, body=body)
            case "truncate":
                self._truncate(cursor)
            case "merge" if cursor.skip("into"):
                self._target = cursor.name()
            case "alter" if cursor.skip("table"):
                self._alter(cursor)
            case "create":
                self._create(cursor)
            case "drop" if cursor.skip("table"):
                cursor.skip("if", "exists")
                name = cursor.name()
                if name:
                    self._add("dropped", name)
            case "execute" if body:
                self._result.opaque = True

    def _add(self, kind: Kind, table: tuple[str | None, str], **more: Unpack[_More]) -> None:
        self._result.found.append(Write(kind, table, self._statement, **more))

    def _update(self, cursor: Cursor, *, body: bool) -> None:
        start, target = cursor.place, ("", "")
        if cursor.at("set"):  # ON CONFLICT DO UPDATE SET, WHEN MATCHED THEN UPDATE SET
            name = self._target
        else:
            name, target = _target(cursor)
        if name is None or not cursor.skip("set"):
            cursor.place = start
            return
        begin = cursor.place
        assigned = cursor.until(lambda word: word.kind == "word" and word.text in _ENDS_SET)
        end = cursor.place
        rest = Cursor(cursor.statement, cursor.words, end).until(lambda _: False)
        columns, touched = _assigned(assigned)
        self._add(
            "update",
            name,
            words=[*assigned, *rest],
            columns=columns,
            touched=touched,
            chosen=any(one.kind == "word" and one.text == "where" for one in rest),
            reaching=self._reaching(target[0], rest, "from", body=body),
            alias=target[1],
        )
        cursor.place = begin  # there may be more inside, such as calls

    def _insert(self, cursor: Cursor) -> None:
        if not cursor.skip("into"):
            return
        name = cursor.name()
        if name is None:
            return
        self._target = name
        if cursor.skip("as"):
            cursor.name()
        begin = cursor.place
        columns: tuple[str, ...] = ()
        if cursor.skip("("):
            columns = tuple(one.text for one in cursor.until(lambda _: False) if one.is_name)
            cursor.skip(")")
        rest = cursor.until(lambda _: False)
        if any(one.kind == "word" and one.text == "select" for one in rest):
            self._add("copied", name, words=rest, columns=columns, chosen=chooses(rest))
        else:
            self._add("insert", name, words=rest, columns=columns)
        cursor.place = begin

    def _delete(self, cursor: Cursor, *, body: bool) -> None:
        begin = cursor.place
        if not cursor.skip("from"):
            if self._target is not None:  # MERGE: WHEN MATCHED THEN DELETE
                self._add("delete", self._target, chosen=True)
            return
        name, target = _target(cursor)
        if name is not None:
            rest = cursor.until(lambda _: False)
            reaching = self._reaching(target[0], rest, "using", body=body)
            chosen = _has_condition(rest)
            self._add("delete", name, words=rest, chosen=chosen, reaching=reaching, alias=target[1])
        cursor.place = begin

    def _reaching(self, written: str, rest: Sequence[Token], join: str, *, body: bool) -> str:
        """The table and the others that the word ``join`` adds, with the condition, as they stand in the statement."""
        if not written or body or _begins(tokens(self._statement[:20]), "with"):
            return ""  # variables, and names that stand only there
        end = next((place for place, one in enumerate(rest) if one.kind == "word" and one.text == "returning"), None)
        rest = rest[:end]
        text = self._statement[rest[0].start : rest[-1].end] if rest else ""
        if rest and rest[0].text == join:
            written, text = f"{written},", text[len(join) :].lstrip()
        found = f"{written} {text}".strip()
        return "" if _PARAMETER.search(found) else " ".join(found.split())

    def _truncate(self, cursor: Cursor) -> None:
        cursor.skip("table")
        while True:
            cursor.skip("only")
            name = cursor.name()
            if name is None:
                return
            self._add("truncate", name)
            if not cursor.skip(","):
                return

    def _create(self, cursor: Cursor) -> None:
        begin = cursor.place
        cursor.skip("unlogged")
        if cursor.skip("table"):
            cursor.skip("if", "not", "exists")
            name = cursor.name()
            rest = cursor.until(lambda _: False)
            if name and any(one.kind == "word" and one.text == "select" for one in rest):
                self._add("copied", name, words=rest, chosen=chooses(rest))
        cursor.place = begin

    def _alter(self, cursor: Cursor) -> None:
        begin = cursor.place
        cursor.skip("if", "exists")
        cursor.skip("only")
        name = cursor.name()
        cursor.skip("*")
        if name is None:
            cursor.place = begin
            return
        for action in split(cursor.until(lambda _: False)):
            self._action(name, Cursor(cursor.statement, action))

    def _action(self, table: tuple[str | None, str], action: Cursor) -> None:
        if action.skip("alter"):
            action.skip("column")
            column = action.name()
            action.skip("set", "data")
            if column and action.skip("type"):
                self._add("type", table, words=action.words[action.place :], columns=(column[1],))
        elif action.skip("drop"):
            action.skip("column")
            action.skip("if", "exists")
            column = action.name()
            if column:
                self._add("dropped", table, columns=(column[1],))

    def _trigger(self, text: str, words: Sequence[Token]) -> None:
        place = next((number for number, one in enumerate(words) if one.kind == "word" and one.text == "on"), None)
        name = Cursor(text, words, place + 1).name() if place is not None else None
        if name:
            self._add("trigger", name)


def _target(cursor: Cursor) -> tuple[tuple[str | None, str] | None, tuple[str, str]]:
    """The table of an UPDATE or DELETE, and how it is written there with its alias, and by which name it is known."""
    begin = cursor.place
    cursor.skip("only")
    name = cursor.name()
    cursor.skip("*")
    alias = name[1] if name else ""
    cursor.skip("as")
    if not any(cursor.at(one) for one in ("set", "using", "where", "returning")) and (other := cursor.name()):
        alias = other[1]
    words = cursor.words[begin : cursor.place]
    return name, (cursor.statement[words[0].start : words[-1].end] if words else "", alias)


def _begins(words: Sequence[Token], text: str) -> bool:
    return bool(words) and words[0].kind == "word" and words[0].text == text


def _assigned(words: Sequence[Token]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns that a SET list names, and those of them that it sets to themselves."""
    columns, touched = [], []
    for one in split(words):
        equals = next((place for place, word in enumerate(one) if word.text == "=" and word.kind == "sign"), None)
        if equals is None:
            continue
        names = [word.text for word in one[:equals] if word.is_name]
        columns += names if any(word.text == "(" for word in one[:equals]) else names[-1:]
        values = [word.text for word in one[equals + 1 :]]
        if names and values == names[-1:]:
            touched += names[-1:]
    return tuple(columns), tuple(touched)


def _has_condition(words: Sequence[Token]) -> bool:
    where = next((place for place, one in enumerate(words) if one.kind == "word" and one.text == "where"), None)
    if where is None:
        return any(one.kind == "word" and one.text == "using" for one in words)
    after = [one.text for one in words[where + 1 :]]
    return after not in (["true"], ["1", "=", "1"])


def chooses(words: Sequence[Token], but: Collection[str] = ()) -> bool:
    """Whether a query says which rows it takes, in words that are not in ``but``; an inner join does not say so."""
    return any(_word(words, number) in _CHOOSING - {*but} for number in range(len(words)))


def _word(words: Sequence[Token], number: int) -> str:
    return words[number].text if words[number].kind == "word" else ""
