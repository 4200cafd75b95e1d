"""How many seconds a run may take, and what it left out for that."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from time import monotonic


@dataclass(frozen=True)
class Budget:
    """What a run may spend; all of its processes know the same.

    Attributes:
        until: the moment at which it is spent, by ``time.monotonic``, which is one clock for all processes.
    """

    until: float

    @classmethod
    def of(cls, seconds: float) -> "Budget":
        """One of ``seconds`` from now."""
        return cls(monotonic() + seconds)

    def share(self, parts: int, *, besides: float = 0.0) -> float:
        """Until when the first of ``parts`` may work, where all are to have the same of what is left.

        ``besides``: the seconds that each of the others takes anyway.
        """
        now = monotonic()
        left = self.until - now - besides * (parts - 1)
        return now + max(left, 0.0) / max(parts, 1)


@dataclass(frozen=True)
class LeftOut:
    """What was not done since the budget was spent.

    Attributes:
        count: of how many ...
        of: ... of all ...
        what: ... in words: "faults", "deletes".
    """

    count: int
    of: int
    what: str

    def __str__(self) -> str:
        return f"{self.count} of {self.of} {self.what}"


def spread[T](items: Sequence[T]) -> list[T]:
    """``items`` in an order of which each beginning is spread evenly over all of them.

    The first and then the one in the middle, those in the middle of what is left, and so on (van der Corput, base 2).
    """
    width = max(len(items) - 1, 1).bit_length()
    turned = sorted(range(2**width), key=lambda place: f"{place:0{width}b}"[::-1])
    return [items[place] for place in turned if place < len(items)]


def within[T](items: Iterable[T], until: float | None) -> Iterator[T]:
    """``items`` for as long as it is not ``until``; all for None."""
    for one in items:
        if until is not None and monotonic() >= until:
            return
        yield one
