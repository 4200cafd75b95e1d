"""Tables that one statement locks for the same work: one cause with one remedy, and so one finding."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from schemaproof.proofs.locks.changing import place_of
from schemaproof.proofs.locks.holds import Hold
from schemaproof.proofs.locks.relations import Relation


@dataclass(frozen=True)
class Joined:
    """Holds with one cause.

    Attributes:
        main: the one that is told: of the table that the statement changes, or else names first.
        others: those that the same statement, or the work itself, takes besides.
    """

    main: Hold
    others: Sequence[Hold] = ()


def joined(holds: Sequence[Hold], known: Mapping[int, Relation]) -> list[Joined]:
    """``holds``, those with one cause together.

    A table for which the statement does work of its own, such as a rewrite, is told by itself.

    Args:
        holds: those of one run.
        known: the tables that are there before the revision, by their oids.
    """
    ranked = sorted(holds, key=lambda hold: _rank(hold, known))
    found: dict[int, list[Hold]] = {}
    for hold in ranked:
        main = next((one for one in found if _is_part(hold, found[one][0], known)), None)
        found.setdefault(id(hold) if main is None else main, []).append(hold)
    by_main = {id(main): Joined(main, others) for main, *others in found.values()}
    return [by_main[id(hold)] for hold in holds if id(hold) in by_main]


def _rank(hold: Hold, known: Mapping[int, Relation]) -> tuple[bool, bool, int, str]:
    """What is told comes first: the table that is worked on, whose readers wait, that the statement names first."""
    return (
        not _has_its_own(hold, known),
        hold.whom != "reads",
        place_of(hold.table.name, hold.since),
        str(hold.table),
    )


def _is_part(hold: Hold, main: Hold, known: Mapping[int, Relation]) -> bool:
    if _has_its_own(hold, known) or (hold.whom == "reads" and main.whom != "reads"):
        return False
    its, all_of = (list(_statements(one)) for one in (hold, main))
    # What is added to a table that was locked before may lock another one only now: a foreign key does.
    by_the_work = hold.taken == hold.growing[0].step == main.growing[0].step and _has_its_own(main, known)
    return (hold.taken == main.taken or by_the_work) and its[0] == all_of[0] and set(its) <= set(all_of)


def _has_its_own(hold: Hold, known: Mapping[int, Relation]) -> bool:
    made = hold.made(known)
    return made is not None and made.table == hold.table.oid


def _statements(hold: Hold) -> Iterator[tuple[str, int]]:
    return ((one.statement, one.step) for one in hold.growing)
