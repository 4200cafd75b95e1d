"""What each fault left, as a grid of statements by faults."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from schemaproof.figure import Grid
from schemaproof.proofs.failure.fault import Fault
from schemaproof.proofs.failure.trial import Outcome

if TYPE_CHECKING:
    from schemaproof.proofs.failure.sites import Site


def by_statement(outcomes: Sequence[Outcome]) -> Grid:
    """A row for each statement and COMMIT, a column for each kind of fault; "" where none was injected."""
    kinds = [fault for fault in Fault if any(one.fault is fault for one in outcomes)]
    sites: dict[int, tuple[Site, dict[Fault, Outcome]]] = {}
    for one in outcomes:
        _, cells = sites.setdefault(one.site.place, (one.site, {}))
        cells[one.fault] = one
    ordered = [sites[place] for place in sorted(sites)]
    rows = tuple(
        (str(site), *(left(cells[kind]) if kind in cells else "" for kind in kinds)) for site, cells in ordered
    )
    wrong = tuple(
        (row, 1 + kinds.index(kind))
        for row, (_, cells) in enumerate(ordered)
        for kind, one in cells.items()
        if not one.survived
    )
    return Grid(("where", *(kind.value for kind in kinds)), rows, wrong)


def left(outcome: Outcome) -> str:
    """What a fault left, in a word or two."""
    wrong = (
        (bool(outcome.endless), "never ends"),
        (outcome.hung, "waits for ever"),
        (outcome.lost, "undone"),
        (outcome.swallowed, "told as success"),
        (bool(outcome.busy), "session left"),
        (outcome.left == "between" and not outcome.survived, "in between"),
        (outcome.left == "between", "run again"),
    )
    return next((word for true, word in wrong if true), outcome.left)
