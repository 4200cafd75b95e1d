"""A PL/pgSQL body taken apart into what PostgreSQL is asked when it runs: its queries and expressions.

PostgreSQL's own validator reads the body as far as its syntax goes, and looks up no name in it until a statement is
reached. Taken out, each piece is SQL that the server can look at without running anything. What is read here is how
PL/pgSQL finds the ends of its pieces (pl_gram.y, read_sql_construct), not SQL.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from schemaproof.proofs.releases.tokens import Token, tokens, words

# What begins a statement that the server is asked for as it stands.
_QUERIES = frozenset({"select", "insert", "update", "delete", "merge", "with", "values", "call", "("})
# What asks for nothing that lasts, or names nothing.
_SILENT = frozenset({"null", "raise", "get", "close", "fetch", "move", "commit", "rollback", "assert"})
# These stand for a statement that may never be reached.
_CONDITIONAL = frozenset({"if", "case", "handler"})
# Who catches these may have meant to.
_CATCHES = frozenset({"others", "undefined_column", "undefined_table", "undefined_function", "undefined_object"})
# Who asks what there is may do without it.
_ASKS = frozenset({"information_schema", "pg_class", "pg_attribute", "pg_tables", "pg_views", "pg_proc", "to_regclass"})
# Who changes what there is, or where it is looked for, can't be read before it has run.
_CHANGES = frozenset({"create", "alter", "drop", "use_variable"})
# Whose trigger function asks which trigger it is may be there for others.
_WHICH = frozenset({"tg_name", "tg_relid", "tg_relname", "tg_table_name", "tg_table_schema", "tg_nargs", "tg_argv"})
_GIVEN = {
    "found": "boolean",
    "sqlstate": "text",
    "sqlerrm": "text",
    "tg_name": "name",
    "tg_when": "text",
    "tg_level": "text",
    "tg_op": "text",
    "tg_relid": "oid",
    "tg_relname": "name",
    "tg_table_name": "name",
    "tg_table_schema": "name",
    "tg_nargs": "integer",
    "tg_argv": "text[]",
    "tg_event": "text",
    "tg_tag": "text",
    "new": None,
    "old": None,
}


@dataclass(frozen=True)
class Piece:
    """A query or an expression of a body.

    Attributes:
        line: of the body, as PostgreSQL counts in an error's context.
        source: how it is written there.
        sql: the statement that it is for the server; "" where that is known only when it runs.
        sure: whether each call comes to it that does not leave before.
    """

    line: int
    source: str
    sql: str
    sure: bool


@dataclass(frozen=True)
class Body:
    """What a body is made of.

    Attributes:
        pieces: what the server is asked, in their order.
        variables: what is declared, each with its type; None where that is known only when it runs, as of a record.
        made: the tables that it creates itself.
    """

    pieces: tuple[Piece, ...]
    variables: Mapping[str, str | None]
    made: frozenset[str] = frozenset()


def taken_apart(body: str) -> Body:
    """The pieces of ``body``; one that is known only when it runs for all that can't be told apart."""
    reader = _Reader(body)
    try:
        reader.read()
    except (IndexError, ValueError):
        reader.add(0, len(reader.tokens), dynamic=True)
    seen = {one.text for one in reader.tokens if one.name}
    if seen & _CHANGES or "search_path" in words(body):
        pieces = [Piece(one.line, one.source, "", sure=False) for one in reader.pieces]
    elif reader.caught & _CATCHES or seen & (_ASKS | _WHICH):
        pieces = [Piece(one.line, one.source, one.sql, sure=False) for one in reader.pieces]
    else:
        pieces = reader.pieces
    return Body(tuple(pieces), {**_GIVEN, **reader.variables}, frozenset(_made(reader.tokens)))


def _made(found: Sequence[Token]) -> Iterator[str]:
    for place, token in enumerate(found):
        if token.text == "table" and "create" in {one.text for one in found[max(0, place - 3) : place]}:
            yield next((one.text for one in found[place + 1 :] if one.text not in {"if", "not", "exists"}), "")


class _Reader:
    def __init__(self, body: str) -> None:
        self._body = body
        self.tokens: list[Token] = list(tokens(body))
        self._at = 0
        self._inside: list[str] = []  # "block", "handler", "if", "case", "loop"
        self.pieces: list[Piece] = []
        self.variables: dict[str, str | None] = {}
        self.caught: set[str] = set()

    def read(self) -> None:
        while self.tokens[self._at].text == "#":  # options of the compiler, each a line
            end = self._body.index("\n", self.tokens[self._at].start)
            while self.tokens[self._at].start < end:
                self._at += 1
        while self._at < len(self.tokens):
            self._statement()

    def add(self, start: int, stop: int, before: str = "", *, dynamic: bool = False, sure: bool = True) -> None:
        """Note the tokens from ``start`` to ``stop`` as a piece, after the word ``before`` that makes it a query."""
        if start >= stop:
            return
        first, last = self.tokens[start], self.tokens[stop - 1]
        source = self._body[first.start : last.end]
        sql = "" if dynamic else f"{before} {self._without_targets(start, stop)}".strip()
        line = self._body.count("\n", 0, first.start) + 1
        self.pieces.append(Piece(line, " ".join(source.split()), sql, sure and not _CONDITIONAL & {*self._inside}))

    def _statement(self) -> None:
        token = self.tokens[self._at]
        word = token.text if token.kind != "quoted" else ""
        if word == "<<":
            self._label()
        elif word in _STEPS and not self._is_assigned():
            self._at += 1
            getattr(self, f"_{word}")()
        elif word in _QUERIES and not self._is_assigned():
            start, stop = self._at, self._until(";")
            self.add(start, stop)
        elif word in _SILENT and not self._is_assigned():
            self._until(";")
        else:
            self._assigned()

    def _until(self, *ends: str) -> int:
        """The place of the next of ``ends`` outside of parentheses, behind which reading goes on."""
        depth = 0
        for place in range(self._at, len(self.tokens)):
            token = self.tokens[place]
            if token.kind in {"word", "other"} and not depth and token.text in ends:
                self._at = place + 1
                return place
            depth += _opens(token)
        raise ValueError(ends)

    def _expression(self, *ends: str) -> None:
        start = self._at
        self.add(start, self._until(*ends), "SELECT")

    def _query(self, start: int, stop: int) -> None:
        """A place for a query, which may also be the name of a cursor."""
        if self.tokens[start].text == "execute":
            self.add(start, stop, dynamic=True)
        elif self.tokens[start].text in _QUERIES:
            self.add(start, stop)

    def _assigned(self) -> None:
        start, stop = self._at, self._until(";")
        place = self._sign(start, stop)
        if place is None:
            self.add(start, stop, dynamic=True)  # a command, which names what it is about in its own way
        else:
            self.add(place + 1, stop, "SELECT")

    def _is_assigned(self) -> bool:
        """Whether the statement assigns to a variable that is called like a command."""
        return [one.text for one in self.tokens[self._at + 1 : self._at + 2]] in ([":="], ["="])

    def _sign(self, start: int, stop: int) -> int | None:
        depth = 0
        for place in range(start, stop):
            token = self.tokens[place]
            if not depth and token.text in {":=", "="} and token.kind == "other":
                return place
            if not depth and not (token.name or token.text in {".", "["}):
                return None
            depth += _opens(token)
        return None

    def _without_targets(self, start: int, stop: int) -> str:
        """The text of a query without INTO and the variables after it, which are PL/pgSQL's."""
        depth = 0
        for place in range(start, stop):
            token = self.tokens[place]
            into = token.kind == "word" and token.text == "into" and not depth
            if into and self.tokens[place - 1].text not in {"insert", "merge"}:
                after = self._behind_targets(place + 1, stop)
                rest = self._slice(after, stop)
                return f"{self._slice(start, place)} {rest}"
            depth += _opens(token)
        return self._slice(start, stop)

    def _behind_targets(self, place: int, stop: int) -> int:
        if self.tokens[place].text == "strict":
            place += 1
        while place < stop:
            place += 1  # the name
            depth = 0
            while place < stop and (depth or self.tokens[place].text in {".", "["}):
                if self.tokens[place].text == ".":
                    place += 1
                depth += _opens(self.tokens[place]) if not self.tokens[place].name else 0
                place += 1
            if place >= stop or self.tokens[place].text != ",":
                return place
            place += 1
        return place

    def _slice(self, start: int, stop: int) -> str:
        return self._body[self.tokens[start].start : self.tokens[stop - 1].end] if start < stop else ""

    # What each word begins.

    def _declare(self) -> None:
        while self.tokens[self._at].text != "begin":
            self._declaration()

    def _declaration(self) -> None:
        name = self.tokens[self._at].text
        if name == "<<":
            self._label()
            return
        self._at += 1
        start, stop = self._at, self._until(";")
        head = {one.text for one in self.tokens[start:stop][:3]}
        if head & {"alias", "cursor"}:
            self.variables[name] = None
            place = next((at for at in range(start, stop) if self.tokens[at].text in {"for", "is"}), stop)
            if "cursor" in head and place < stop:
                self.add(place + 1, stop, sure=False)  # it may never be opened
            return
        if self.tokens[start].text == "constant":
            start += 1
        ends = {"not", "collate", "default", ":=", "="}
        end = next((at for at in range(start, stop) if self.tokens[at].text in ends), stop)
        self._declared(name, self._slice(start, end))
        value = next((at for at in range(end, stop) if self.tokens[at].text in {"default", ":=", "="}), stop)
        self.add(value + 1, stop, "SELECT")

    def _declared(self, name: str, kind: str) -> None:
        kind = " ".join(kind.split())
        if kind.lower().endswith("%rowtype"):
            kind = kind[: -len("%rowtype")]
        known: str | None = None if kind.lower() == "record" else kind
        # Of two that have one name, which one is meant depends on the block.
        self.variables[name] = known if self.variables.get(name, known) == known else None

    def _begin(self) -> None:
        self._inside.append("block")

    def _exception(self) -> None:
        self._inside.append("handler")

    def _when(self) -> None:
        if self._inside[-1] == "handler":
            start = self._at
            self.caught |= {one.text for one in self.tokens[start : self._until("then")]}
        else:
            self._expression("then")

    def _if(self) -> None:
        self._expression("then")
        self._inside.append("if")

    def _elsif(self) -> None:
        self._expression("then")

    _elseif = _elsif

    def _else(self) -> None:
        pass

    def _case(self) -> None:
        start = self._at
        self.add(start, self._until("when"), "SELECT")
        self._at -= 1
        self._inside.append("case")

    def _while(self) -> None:
        self._expression("loop")
        self._inside.append("loop")

    def _loop(self) -> None:
        self._inside.append("loop")

    def _foreach(self) -> None:
        self._until("array")
        self._expression("loop")
        self._inside.append("loop")

    def _for(self) -> None:
        target = self.tokens[self._at].text
        self._until("in")
        if self.tokens[self._at].text == "reverse":
            self._at += 1
        start = self._at
        stop = self._until("loop")
        dots = next((at for at in range(start, stop) if self.tokens[at].text == ".."), None)
        if dots is None:
            self._query(start, stop)
        else:
            self._declared(target, "integer")
            by = next((at for at in range(dots, stop) if self.tokens[at].text == "by"), stop)
            for first, last in ((start, dots), (dots + 1, by), (by + 1, stop)):
                self.add(first, last, "SELECT")
        self._inside.append("loop")

    def _end(self) -> None:
        last = all(one.text != ";" for one in self.tokens[self._at :])  # after the outermost one it may be left out
        self._at = len(self.tokens) if last else self._until(";") + 1
        if self._inside.pop() == "handler":
            self._inside.pop()

    def _exit(self) -> None:
        if self.tokens[self._until("when", ";")].text == "when":
            self._expression(";")

    _continue = _exit

    def _return(self) -> None:
        start, stop = self._at, self._until(";")
        first = self.tokens[start].text
        if first == "query":
            self._query(start + 1, stop)
        else:
            self.add(start + (first == "next"), stop, "SELECT")

    def _perform(self) -> None:
        self._expression(";")

    def _execute(self) -> None:
        start = self._at - 1
        self.add(start, self._until(";"), dynamic=True)

    def _open(self) -> None:
        start, stop = self._at, self._until(";")
        place = next((at for at in range(start, stop) if self.tokens[at].text == "for"), None)
        if place is not None:
            self._query(place + 1, stop)

    def _label(self) -> None:
        self.variables[self.tokens[self._at + 1].text] = None  # stands for the variables of its block
        self._until(">>")


_STEPS: Collection[str] = frozenset(
    {"declare", "begin", "exception", "when", "if", "elsif", "elseif", "else", "case", "while", "loop", "for"}
    | {"foreach", "end", "exit", "continue", "return", "perform", "execute", "open"}
)


def _opens(token: Token) -> int:
    """How much deeper in parentheses what follows is."""
    if token.kind != "other":
        return 0
    return (token.text in {"(", "["}) - (token.text in {")", "]"})
