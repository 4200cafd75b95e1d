"""Foreign keys as a drawing: a tree, from the table that rows are deleted from down to what refers to it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from schemaproof.figure import Link

# Pixels: a letter of a table's name, and of the words on a line; around them.
_LETTER, _SMALL, _PADDING = 7.3, 6.2, 12
# Of a box; from one row to the next; around the whole; from a box's corner to the line that leaves it below.
_HEIGHT, _ROW, _MARGIN, _STEP = 26, 40, 12, 18


@dataclass(frozen=True)
class Box:
    """A table.

    Attributes:
        name: "schema.name".
        x, y: its corner, left and above, in pixels.
        width, height: in pixels.
        again: whether it is drawn in another row too, with what refers to it.
    """

    name: str
    x: int
    y: int
    width: int
    height: int = _HEIGHT
    again: bool = False


@dataclass(frozen=True)
class Arrow:
    """A key: a line from the table that is referred to, down and to the one that refers.

    Attributes:
        link: the key.
        path: of SVG.
        tip: the end of the line, a path too.
        words: the columns, and what the key does.
        x, y: where the words begin.
        kind: "cascade", "set" or "refuse".
    """

    link: Link
    path: str
    tip: str
    words: str
    x: int
    y: int
    kind: str


@dataclass(frozen=True)
class Drawing:
    """All of them.

    Attributes:
        boxes: the tables.
        arrows: the keys.
        width, height: in pixels.
        told: the same in words.
    """

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    width: int
    height: int
    told: str


def drawing(links: Sequence[Link]) -> Drawing:
    """The drawing of ``links``, a row for each, below the table that it refers to.

    A table that a delete reaches twice has what refers to it below its first row.
    """
    boxes: list[Box] = []
    arrows: list[Arrow] = []
    drawn: set[str] = set()
    for root in dict.fromkeys(link.parent for link in links):
        if root not in drawn:
            boxes.append(_box(root, _MARGIN, len(boxes)))
            for arrow, box in _below(boxes[-1], links, drawn, boxes):
                arrows.append(arrow)
                boxes.append(box)
    width = max(box.x + box.width for box in boxes) + _MARGIN
    height = boxes[-1].y + _HEIGHT + _MARGIN
    told = "; ".join(f"{one.child} to {one.parent}, {_words(one)}" for one in links)
    return Drawing(tuple(boxes), tuple(arrows), width, height, told)


def _below(parent: Box, links: Sequence[Link], drawn: set[str], boxes: Sequence[Box]) -> Iterator[tuple[Arrow, Box]]:
    """What refers to ``parent``; ``boxes`` are those above it, and ``drawn`` the tables whose keys are."""
    drawn.add(parent.name)
    for link in links:
        if link.parent != parent.name:
            continue
        x = parent.x + _STEP
        start = x + _PADDING
        end = start + round(len(_words(link)) * _SMALL) + _PADDING
        goes_on = any(one.parent == link.child for one in links)
        box = _box(link.child, end + 8, len(boxes), again=goes_on and link.child in drawn)
        y = box.y + _HEIGHT // 2
        kind = "cascade" if link.action == "CASCADE" else "set" if link.action.startswith("SET") else "refuse"
        path = f"M{x} {parent.y + _HEIGHT}V{y}H{end}"
        yield Arrow(link, path, f"M{end + 8} {y}l-8 -4v8z", _words(link), start, y - 4, kind), box
        if goes_on and not box.again and kind == "cascade":
            yield from _below(box, links, drawn, boxes)


def _box(name: str, x: int, row: int, *, again: bool = False) -> Box:
    return Box(name, x, _MARGIN + row * _ROW, round(len(name) * _LETTER) + 2 * _PADDING, again=again)


def _words(link: Link) -> str:
    return f"{', '.join(link.columns)}: {link.action}"
