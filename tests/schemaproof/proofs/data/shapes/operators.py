"""Mutations of a statement: each operator wherever it applies, whatever a check may see of it.

After the mutation operators of SQL test suites (Tuya, Suárez-Cabal, de la Riva: Mutating database queries, 2007) as far
as they are slips of who writes a migration.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from tests.schemaproof.proofs.data.shapes.lanes import Lane, Place

type Operator = Callable[[str], str | None]

_WRITES = re.compile(r"\s*(?:UPDATE|DELETE|INSERT|SELECT setval|WITH|DO)\b")
_CASE = re.compile(r"THEN ('\w+')(.*?)THEN ('\w+')")


def where_dropped(text: str) -> str | None:
    """The condition of an UPDATE, a DELETE or an INSERT ... SELECT is left out, with what it joins."""
    if not re.match(r"(?:UPDATE|DELETE|INSERT)\b", text) or " WHERE " not in text:
        return None
    head, _, _ = text.rpartition(" WHERE ")
    joined = re.match(r"UPDATE .* FROM ", text) is not None
    return (
        None if joined else re.sub(r" USING .*", "", head)
    )  # an UPDATE FROM without it is a cross join: see join_lost


def left_join_inner(text: str) -> str | None:
    """A LEFT JOIN becomes an inner one."""
    return text.replace("LEFT JOIN", "JOIN", 1) if "LEFT JOIN" in text else None


def default_removed(text: str) -> str | None:
    """The DEFAULT of a column that is added is left out."""
    found = re.sub(r"(ADD COLUMN .*?) DEFAULT (?:'[^']*'|\w+(?:\(\))?)", r"\1", text, count=1)
    return found if found != text else None


def coalesce_removed(text: str) -> str | None:
    """A value is taken as it is, NULL or not."""
    found = re.sub(r"coalesce\(([^,()]+), '[^']*'\)", r"\1", text, count=1)
    return found if found != text else None


def else_removed(text: str) -> str | None:
    """A CASE has no ELSE any more."""
    found = re.sub(r" ELSE [^ ]+ END", " END", text, count=1)
    return found if found != text else None


def labels_swapped(text: str) -> str | None:
    """A CASE gives its first two results the other way round."""
    found = _CASE.sub(lambda one: f"THEN {one[3]}{one[2]}THEN {one[1]}", text, count=1)
    return found if found != text else None


def using_removed(text: str) -> str | None:
    """A change of type is left to the assignment cast."""
    found = re.sub(r"(TYPE \S+) USING .*", r"\1", text, count=1)
    return found if found != text and text.startswith("ALTER TABLE") else None


def rename_as_drop_and_add(text: str) -> str | None:
    """A column is dropped and added, as autogenerate writes a rename."""
    found = re.match(r"(ALTER TABLE \S+) RENAME COLUMN (\w+) TO (\w+)", text)
    return f"{found[1]} DROP COLUMN {found[2]}, ADD COLUMN {found[3]} varchar(200)" if found else None


def columns_swapped(text: str) -> str | None:
    """An INSERT ... SELECT takes its last two values the other way round."""
    found = re.match(r"(INSERT INTO \S+ \([^)]*\) SELECT (?:[^()]*, )?)([\w.]+), ([\w.]+)( FROM .*)", text)
    return f"{found[1]}{found[3]}, {found[2]}{found[4]}" if found else None


def distinct_from_unequal(text: str) -> str | None:
    """IS DISTINCT FROM becomes <>."""
    return text.replace("IS DISTINCT FROM", "<>", 1) if "IS DISTINCT FROM" in text else None


def statement_left_out(text: str) -> str | None:
    """A statement that writes rows, or exempts from what guards them, is forgotten."""
    guards = ("NO FORCE ROW LEVEL SECURITY", "DISABLE TRIGGER")
    return "" if _WRITES.match(text) or any(one in text for one in guards) else None


OPERATORS: Sequence[Operator] = (
    where_dropped,
    left_join_inner,
    default_removed,
    coalesce_removed,
    else_removed,
    labels_swapped,
    using_removed,
    rename_as_drop_and_add,
    columns_swapped,
    distinct_from_unequal,
    statement_left_out,
)


def mutations(lane: Lane) -> Iterator[tuple[Place, Operator, str]]:
    """Each that applies to a statement: its place, and what becomes of it.

    What an upgrade forgets nothing can tell, unless a later statement relies on it; a downgrade has its upgrade.
    """
    for number, move in enumerate(lane.moves):
        places: list[tuple[Place, str]] = [
            *((Place(number, "up", at), statement) for at, statement in enumerate(move.up)),
            *((Place(number, "down", at), statement) for at, statement in enumerate(move.down)),
        ]
        for place, statement in places:
            for operator in OPERATORS if place.way == "down" else OPERATORS[:-1]:
                found = operator(statement)
                if found is not None:
                    yield place, operator, found
