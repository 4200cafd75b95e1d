"""How many faults were injected, for the report."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Tally:
    """A count of faults.

    Attributes:
        injected: how many.
        survived: how many of them left the state before or the state after.
        seconds: how long that took, runs without a fault and clones included; for parallel processes the longest time.
        unfilled: tables that no row could be made for, with the reason.
    """

    injected: int = 0
    survived: int = 0
    seconds: float = 0.0
    unfilled: dict[str, str] = field(default_factory=dict)

    def count(self, survived: Iterable[bool]) -> None:
        """Count a fault for each of ``survived``."""
        for one in survived:
            self.injected += 1
            self.survived += one

    def add(self, other: "Tally") -> None:
        """Add what another process counted at the same time."""
        self.injected += other.injected
        self.survived += other.survived
        self.seconds = max(self.seconds, other.seconds)
        self.unfilled |= other.unfilled

    def __str__(self) -> str:
        rate = f" ({self.injected / self.seconds:.0f} a second)" if self.seconds else ""
        return f"{self.injected} faults injected, {self.survived} survived, in {self.seconds:.1f} s{rate}"
