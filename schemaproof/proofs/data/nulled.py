"""A statement that writes NULL into a column that must have a value: what to write in its place."""

from collections.abc import Sequence
from dataclasses import dataclass

from schemaproof.catalog import Catalog
from schemaproof.migration.stairway import Stairs
from schemaproof.proofs.data.counting import is_there
from schemaproof.proofs.data.refusals import failed_statement
from schemaproof.proofs.data.required import Required
from schemaproof.proofs.data.showing import quoted_name
from schemaproof.proofs.data.tokens import Cursor, Token, split, tokens
from schemaproof.proofs.data.writes import Write, writes

ENDS_SET = frozenset({"from", "where", "returning"})
_WRITING = frozenset({"update", "insert", "with", "merge"})
_PLAIN = 3  # words of a column's name with its table's, dot included

# By the type's name without what is in parentheses: the plainest value.
_VALUES = {
    **dict.fromkeys(("text", "character varying", "character", "citext"), "''"),
    **dict.fromkeys(("smallint", "integer", "bigint", "numeric", "real", "double precision"), "0"),
    **dict.fromkeys(("json", "jsonb"), "'{}'"),
    **dict.fromkeys(("timestamp with time zone", "timestamp without time zone"), "now()"),
    "boolean": "false",
    "date": "current_date",
}


@dataclass(frozen=True)
class Nulled:
    """The place of a statement at which it does.

    Attributes:
        place: the column.
        write: what the statement says of the column's table.
        source: what it sets the column to; "" where that is not known.
        value: what it could be instead: of the column's type.
        catalogs: what the query that counts is run in, and what the statement was written for.
    """

    place: Required
    write: Write
    source: str
    value: str
    catalogs: tuple[Catalog, Catalog]

    @classmethod
    def of(cls, error: BaseException | None, stairs: Stairs, *, down: bool = False) -> "Nulled | None":
        """What ``error`` is about, of the upgrade or ``down`` of the downgrade; None where it is about something else.

        That column may have been added NOT NULL just before, with a default: it is the statement that needs a value.
        """
        place = Required.of(error)
        there, goal = (stairs.first, stairs.before) if down else (stairs.before, stairs.first)
        statement = failed_statement(error)
        words = tokens(statement)
        if place is None or there is None or goal is None or not words or words[0].text not in _WRITING:
            return None
        table = (place.schema, place.relation)
        own = [one for one in writes([statement], {}).found if one.of([table])]
        write = next((one for one in own if one.kind != "update" or place.column in one.columns), None)
        if write is None or write.kind not in {"update", "insert", "copied"}:
            return None
        kind = str(goal.objects.get(place.identity, {}).get("type") or "")
        value = "'{}'" if kind.endswith("[]") else _VALUES.get(_bare(kind), "...")
        return cls(place, write, source_of(write, place.column), value, (there, goal))

    @property
    def remedy(self) -> str:
        """What to write in the statement."""
        told = f"coalesce({self.source or '...'}, {self.value})"
        if self.write.kind == "update":
            return f"Write a value where there is none: `SET {self.place.name} = {told}`."
        return f"Write a value where there is none: `{told}` for {self.place.column} in the INSERT."

    @property
    def query(self) -> tuple[str, str]:
        """The query that counts the rows, and how it does; "" where none can be run."""
        if self.write.kind != "update":
            return "", ""
        every = self.write.reaching or quoted_name((self.place.schema, self.place.relation))
        counted = also(every, f"{self.source} IS NULL") if self.source else every
        queries = (f"SELECT count(*) FROM {one}" for one in (counted, every))
        there, goal = self.catalogs
        query = next((one for one in queries if is_there(one, goal, there)), "")
        return query, "" if self.source and query.endswith(counted) else ", at most"


def _bare(kind: str) -> str:
    """A type's name without its length: character varying(20), timestamp(3) with time zone."""
    start, _, rest = kind.partition("(")
    return start + rest.partition(")")[2]


def source_of(write: Write, column: str) -> str:
    """What an UPDATE sets ``column`` to, so that it can stand anywhere; "" where that can't be told."""
    if not write.reaching:  # in the body of a function, or with a driver's parameters
        return ""
    assigned = Cursor(write.statement, write.words).until(lambda one: one.kind == "word" and one.text in ENDS_SET)
    for part in split(assigned):
        equals = next((place for place, one in enumerate(part) if one.text == "=" and one.kind == "sign"), 0)
        names = [one.text for one in part[:equals] if one.is_name]
        if names[-1:] == [column] and part[:1] and part[0].text != "(":
            return _written(write.statement, part[equals + 1 :])
    return ""


def _written(statement: str, words: Sequence[Token]) -> str:
    text = " ".join(statement[words[0].start : words[-1].end].split()) if words else ""
    if "%" in text or ":" in text.replace("::", ""):  # a driver's parameter
        return ""
    plain = len(words) <= _PLAIN and all(one.is_name or one.text == "." for one in words)
    return text if plain or not text else f"({text})"


def also(rows: str, condition: str) -> str:
    """``rows``, as what stands after FROM in a query, with a ``condition`` besides theirs."""
    words, depth = tokens(rows), 0
    for one in words:
        depth += {"(": 1, ")": -1}.get(one.text, 0) if one.kind == "sign" else 0
        if depth == 0 and one.kind == "word" and one.text == "where":
            return f"{rows[: one.end]} ({rows[one.end :].strip()}) AND {condition}"
    return f"{rows} WHERE {condition}"
