"""Rows drawn without Hypothesis: at a tenth of its cost, for the many draws that show nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol

from schemaproof.rows.planting import Rows

# A row is one integer. Up to 24 bits Hypothesis draws all alike; of larger ones it prefers those of few bits.
CODES = 2**24


class _Grower(Protocol):
    def grow(self, codes: Sequence[Sequence[int]]) -> Rows: ...


@dataclass(frozen=True)
class Samples:
    """Draws rows for some tables.

    Attributes:
        grower: makes rows of integers.
        counts: for each of its tables the fewest and the most rows.
    """

    grower: _Grower
    counts: Sequence[tuple[int, int]]

    def drawn(self, random: Random) -> Iterator[Rows]:
        """Rows without end, the plainest first: one in each table that may have one, then any number of any."""
        yield self.grower.grow([[0] * min(max(least, 1), most) for least, most in self.counts])
        while True:
            sizes = [random.randint(least, most) for least, most in self.counts]
            yield self.grower.grow([[random.randrange(CODES) for _ in range(size)] for size in sizes])
