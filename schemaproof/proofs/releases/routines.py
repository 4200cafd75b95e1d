"""Functions whose bodies PostgreSQL keeps as text, asked before and after a deployment whether they can run.

Nothing of them is run. The server's validators read a body as a whole: of SQL with every name in it, of PL/pgSQL with
what it declares. The queries of a PL/pgSQL body (see ``plpgsql``) become the bodies of SQL procedures, with its
variables as arguments; their names are then looked up as PL/pgSQL would look them up.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from schemaproof.catalog import Identity
from schemaproof.proofs.releases.asking import Refusal, ask
from schemaproof.proofs.releases.plpgsql import Body, Piece, taken_apart
from schemaproof.proofs.releases.tokens import tokens

# Of those with the names: what their arguments are, and who calls those that only triggers can call.
_QUERY = """
SELECT n.nspname::text, p.proname::text, p.proname || '(' || oidvectortypes(p.proargtypes) || ')', p.oid,
    v.proname::text, l.lanname::text, p.prosrc,
    (SELECT substr(s, 13) FROM unnest(p.proconfig) s WHERE s LIKE 'search\\_path=%%'),
    coalesce(p.proargnames, '{}'),
    ARRAY(SELECT format_type(t, NULL) FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[]))
        WITH ORDINALITY a (t, place) ORDER BY place),
    p.prorettype IN ('trigger'::regtype, 'event_trigger'::regtype),
    EXISTS (SELECT FROM pg_trigger WHERE tgfoid = p.oid) OR EXISTS (SELECT FROM pg_event_trigger WHERE evtfoid = p.oid)
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
    JOIN pg_proc v ON v.oid = l.lanvalidator
WHERE p.prosqlbody IS NULL
    AND (n.nspname, p.proname) IN (SELECT * FROM unnest(%(schemas)s::text[], %(names)s::text[]))
"""
# Of no type until it is called.
_PSEUDO = ("any", "record", "trigger", "event_trigger", "internal", "cstring", '"any"')
_OF_TRIGGERS = frozenset({"new", "old"})


class Routine(NamedTuple):
    """A function or procedure in one state of a database."""

    schema: str
    name: str
    signature: str
    oid: int
    validator: str
    language: str
    body: str
    path: str | None
    names: Sequence[str]
    types: Sequence[str]
    triggered: bool
    used: bool

    @property
    def reachable(self) -> bool:
        """Whether anything can call it."""
        return self.used or not self.triggered

    def validation(self) -> str:
        """Statements that ask whether the body can be compiled."""
        return f"{self._path()}SELECT pg_catalog.{self.validator}({self.oid})"

    def question(self, piece: Piece, body: Body) -> str:
        """Statements that ask whether ``piece`` can be looked up; "" where that is known only when it runs."""
        arguments = self._arguments(piece, body)
        if not piece.sql or arguments is None:
            return ""
        declared = ", ".join(f"{_quoted(name)} {kind}" if name else kind for name, kind in arguments)
        name = sql.Identifier("pg_temp", self.name).as_string()
        return (
            f"{self._path()}CREATE PROCEDURE {name}({declared}) LANGUAGE sql"
            f" AS $schemaproof$\n{piece.sql}\n$schemaproof$"
        )

    def _path(self) -> str:
        if self.path is None:
            return ""
        return f"SELECT pg_catalog.set_config('search_path', {sql.Literal(self.path).as_string()}, true); "

    def _arguments(self, piece: Piece, body: Body) -> list[tuple[str, str]] | None:
        """The arguments, and the variables that the piece names; None where the type of one is not known."""
        named = list(_named(piece.sql))
        numbered = any(one.startswith("$") for one in named)
        found: list[tuple[str, str]] = []
        for place, kind in enumerate(self.types):
            name = self.names[place] if place < len(self.names) else ""
            if not kind.startswith(_PSEUDO):
                found.append((name, kind))
            elif numbered or name in named:
                return None
        known = {name for name, _ in found}
        for variable, declared in body.variables.items():
            if variable not in named or (variable in _OF_TRIGGERS and not self.triggered):
                continue
            if declared is None or variable in known:
                return None
            found.append((variable, declared))
        return found


@dataclass(frozen=True)
class Broken:
    """What a routine can't do any more.

    Attributes:
        routine: it.
        piece: of its body; None for the body as a whole.
        refusal: what the server says.
        revision: the first one after which it says so.
        sure: whether every call comes to it, as far as can be seen.
    """

    routine: Identity
    piece: Piece | None
    refusal: Refusal
    revision: str
    sure: bool


class _Asked(NamedTuple):
    routine: Identity
    piece: Piece | None


class Routines:
    """Those that a deployment may break, and what becomes of them.

    Args:
        suspects: the ones to ask.

    Attributes:
        suspects: these.
        unclear: of each, what is known only when it runs.
    """

    def __init__(self, suspects: Sequence[Identity]) -> None:
        self.suspects = suspects
        self._bodies: dict[Identity, Body] = {}
        self._working: list[_Asked] = []
        self._failed: set[Identity] = set()  # before, whatever calls them
        self._failing: dict[_Asked, tuple[str, Refusal]] = {}
        self._reachable: set[Identity] = set()
        self.unclear: dict[Identity, list[Piece]] = {}

    def before(self, connection: psycopg.Connection[Any]) -> None:
        """Ask in the state before the deployment."""
        if not self.suspects:
            return
        known = self._read(connection)
        self._bodies = {one: _body(each) for one, each in known.items()}
        asked = [_Asked(one, piece) for one, body in self._bodies.items() for piece in (None, *body.pieces)]
        for one, refusal in self._ask(connection, known, asked):
            if refusal is None:
                self._working.append(one)
            elif _fails(one, refusal) and (one.piece is None or one.piece.sure):
                self._failed.add(one.routine)
        self.unclear = {
            one: [piece for piece in body.pieces if not known[one].question(piece, body)]
            for one, body in self._bodies.items()
        }

    def after(self, connection: psycopg.Connection[Any], revision: str) -> None:
        """Ask in the state after ``revision``."""
        if not self._working:
            return
        known = self._read(connection)
        self._reachable = {one for one, each in known.items() if each.reachable}
        asked = [one for one in self._working if one.routine in known]
        self._failing = {
            one: (self._failing[one][0] if one in self._failing else revision, refusal)
            for one, refusal in self._ask(connection, known, asked)
            if refusal is not None and _fails(one, refusal)
        }

    def broken(self) -> Iterator[Broken]:
        """What fails after the last revision that was asked about, and did not before."""
        for (routine, piece), (revision, refusal) in self._failing.items():
            if routine in self._reachable - self._failed:
                yield Broken(routine, piece, refusal, revision, piece is None or piece.sure)

    def undecided(self) -> Iterator[tuple[Identity, Body, Sequence[Piece]]]:
        """What is known only when it runs, of routines that are not known to fail."""
        failing = {one.routine for one in self._failing} | self._failed
        for routine, pieces in self.unclear.items():
            if routine in self._reachable - failing and pieces:
                yield routine, self._bodies[routine], pieces

    def _of(self, asked: _Asked) -> Body:
        return self._bodies[asked.routine]

    def _ask(
        self, connection: psycopg.Connection[Any], known: Mapping[Identity, Routine], asked: Iterable[_Asked]
    ) -> Iterator[tuple[_Asked, Refusal | None]]:
        questions = {
            one: known[one.routine].question(one.piece, self._of(one)) if one.piece else known[one.routine].validation()
            for one in asked
        }
        questions = {one: text for one, text in questions.items() if text}
        yield from zip(questions, ask(connection, list(questions.values())), strict=True) if questions else ()

    def _read(self, connection: psycopg.Connection[Any]) -> dict[Identity, Routine]:
        names = {
            "schemas": [one.schema for one in self.suspects],
            "names": [one.name.partition("(")[0] for one in self.suspects],
        }
        with connection.transaction(), psycopg.Cursor(connection, row_factory=tuple_row) as cursor:
            cursor.execute("SET LOCAL search_path = pg_catalog, pg_temp")  # types are then named with their schema
            found = [Routine(*row) for row in cursor.execute(_QUERY, names)]
        by_name = {(one.schema, one.signature): one for one in found}
        return {one: by_name[one.schema, one.name] for one in self.suspects if (one.schema, one.name) in by_name}


def is_broken(refusal: Refusal) -> bool:
    """Whether it says that a name or a type is wrong, and not that somebody may not use it (42501)."""
    return refusal.code.startswith("42") and refusal.code != "42501"


def _fails(asked: _Asked, refusal: Refusal) -> bool:
    """Whether it is what was asked that is broken, and no event trigger, which runs when the procedure is made."""
    return is_broken(refusal) and (asked.piece is None or "PL/pgSQL" not in refusal.context)


def _body(routine: Routine) -> Body:
    return taken_apart(routine.body) if routine.language == "plpgsql" else Body((), {})


def _named(text: str) -> Iterator[str]:
    """The names in ``text``, but for those that belong to another one."""
    before = ""
    for one in tokens(text):
        if before != "." and (one.name or one.text.startswith("$")):
            yield one.text
        before = one.text


def _quoted(name: str) -> str:
    return sql.Identifier(name).as_string()
