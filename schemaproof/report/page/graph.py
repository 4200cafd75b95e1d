"""The history as a drawing, from left to right: a lane for each branch, a line to each revision from those below it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# Pixels: between two revisions, at most and at least; between two lanes; around the whole.
_WIDEST, _CLOSEST, _LANE, _MARGIN = 96, 18, 30, 18

# Pixels that a history may be wide before its revisions move together.
_WIDTH = 1080


@dataclass(frozen=True)
class Node:
    """A revision.

    Attributes:
        revision: its id.
        x, y: its centre, in pixels.
    """

    revision: str
    x: int
    y: int


@dataclass(frozen=True)
class Graph:
    """All of them.

    Attributes:
        nodes: in the order in which they are applied.
        edges: paths of SVG, from a revision to one that follows it.
        width, height: in pixels.
        named: whether there is room for ids below the revisions.
    """

    nodes: tuple[Node, ...]
    edges: tuple[str, ...]
    width: int
    height: int
    named: bool


def graph(revisions: Sequence[str], below: Mapping[str, Sequence[str]]) -> Graph:
    """The drawing of ``revisions``.

    Args:
        revisions: their ids, in the order in which they are applied.
        below: by revision, those that it builds on; where it lacks one, that builds on the one before.
    """
    order = {revision: place for place, revision in enumerate(revisions)}
    builds_on = {
        revision: [one for one in below.get(revision, revisions[place - 1 : place] if place else ()) if one in order]
        for place, revision in enumerate(revisions)
    }
    lanes = _lanes(revisions, builds_on)
    step = max(_CLOSEST, min(_WIDEST, _WIDTH // max(len(revisions), 1)))
    nodes = tuple(
        Node(revision, _MARGIN + step // 2 + place * step, _MARGIN + lanes[revision] * _LANE)
        for place, revision in enumerate(revisions)
    )
    edges = tuple(
        _edge(nodes[order[one]], nodes[order[revision]]) for revision in revisions for one in builds_on[revision]
    )
    width = 2 * _MARGIN + step * len(revisions)
    named = step >= max((8 * len(one) for one in revisions), default=0)
    height = 2 * _MARGIN + _LANE * max(lanes.values(), default=0) + (14 if named else 0)
    return Graph(nodes, edges, width, height, named)


def _lanes(revisions: Sequence[str], below: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """A lane for each: that of the first revision below which nobody else has taken on, else a free one."""
    lanes: dict[str, int] = {}
    open_ends: dict[int, str] = {}  # by lane, the revision that nothing follows yet
    last = {one: place for place, revision in enumerate(revisions) for one in below[revision]}
    for place, revision in enumerate(revisions):
        mine = [lane for lane, end in open_ends.items() if end in below[revision]]
        lane = min(mine, default=next(one for one in range(len(open_ends) + 1) if one not in open_ends))
        for other in mine:  # what a merge joins is free again, unless it goes on elsewhere
            if last[open_ends[other]] == place:
                del open_ends[other]
        lanes[revision] = lane
        open_ends[lane] = revision
    return lanes


def _edge(start: Node, end: Node) -> str:
    if start.y == end.y:
        return f"M{start.x} {start.y}H{end.x}"
    # A branch leaves its lane at once; a merge comes back at the end.
    bend = min(24, (end.x - start.x) // 2)
    if end.y > start.y:
        return f"M{start.x} {start.y}C{start.x + bend} {start.y} {start.x} {end.y} {start.x + bend} {end.y}H{end.x}"
    return f"M{start.x} {start.y}H{end.x - bend}C{end.x} {start.y} {end.x - bend} {end.y} {end.x} {end.y}"
