"""The report of a load."""

import math
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise


@dataclass(frozen=True)
class Request:
    """One request that was answered.

    Attributes:
        task: who asked, from 0.
        asked: when, in the event loop's seconds.
        answered: when the answer was there.
        error: what was raised; None for a success.
    """

    task: int
    asked: float
    answered: float
    error: Exception | None = None

    @property
    def wait(self) -> float:
        """Seconds from one to the other."""
        return self.answered - self.asked


@dataclass(frozen=True)
class LoadReport:
    """The report of a load; ``str()`` is a table.

    Attributes:
        requests: all that were answered, in the order of their answers.
        tasks: how many asked.
        began: when, in the event loop's seconds.
        ended: when all was over.
        unanswered: how many requests were given up without an answer.
        opened: how many connections were opened meanwhile; None where that was not counted.
    """

    requests: tuple[Request, ...]
    tasks: int
    began: float
    ended: float
    unanswered: int = 0
    opened: int | None = None
    _successes: tuple[Request, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_successes", tuple(each for each in self.requests if each.error is None))

    @property
    def successes(self) -> int:
        """How many requests did not raise."""
        return len(self._successes)

    @property
    def seconds(self) -> float:
        """How long all of it took."""
        return self.ended - self.began

    @property
    def per_second(self) -> float:
        """Successes per second."""
        return self.successes / self.seconds if self.seconds else 0.0

    @property
    def errors(self) -> Counter[str]:
        """How many requests raised what, by the type's full name ("sqlalchemy.exc.TimeoutError")."""
        return Counter(_name(each.error) for each in self.requests if each.error is not None)

    def percentile(self, percent: float) -> float:
        """The wait in seconds that so many of 100 successes did not exceed (nearest rank); nan without any."""
        waits = sorted(each.wait for each in self._successes)
        return waits[max(math.ceil(percent / 100 * len(waits)), 1) - 1] if waits else math.nan

    @property
    def longest_wait(self) -> float:
        """The longest wait in seconds, of successes and errors; 0 without any."""
        return max((each.wait for each in self.requests), default=0.0)

    @property
    def longest_pause(self) -> float:
        """The longest time in seconds in which nobody had success: what an outage took of everybody."""
        points = [self.began, *(each.answered for each in self._successes), self.ended]
        return max(later - earlier for earlier, later in pairwise(points))

    @property
    def fairness(self) -> float:
        """Jain's index of the tasks' successes: 1 where all had as many, 1/tasks where one had them all; nan for none.

        R. Jain, D. Chiu, W. Hawe: A Quantitative Measure of Fairness and Discrimination, DEC-TR-301, 1984.
        """
        done = Counter(each.task for each in self._successes)
        squares = self.tasks * sum(count * count for count in done.values())
        return done.total() ** 2 / squares if squares else math.nan

    @property
    def most_overtaken(self) -> int:
        """By how many that asked later a success was overtaken, at most.

        Who serves in order, n at a time, lets one be overtaken by those only that are served beside it.
        """
        return most_overtaken([(each.asked, each.answered) for each in self._successes])

    def __str__(self) -> str:
        waits = " ".join(f"p{percent} {_ms(self.percentile(percent))}," for percent in (50, 95, 99))
        told = [f"{name} x{count}" for name, count in self.errors.most_common()]
        if self.unanswered:
            told.append(f"unanswered x{self.unanswered}")
        lines = [
            ("requests", f"{self.successes} of {len(self.requests) + self.unanswered} by {self.tasks} tasks"),
            ("per second", f"{self.per_second:.0f}"),
            ("waits", f"{waits} max {_ms(self.percentile(100))}"),
            ("longest pause", _ms(self.longest_pause)),
            ("fairness", f"{self.fairness:.3f}, overtaken by {self.most_overtaken} at most"),
            ("opened", "not counted" if self.opened is None else f"{self.opened} connections"),
            ("errors", ", ".join(told) or "none"),
        ]
        return "\n".join(f"{name:<14} {value}" for name, value in lines)


def most_overtaken(spans: Sequence[tuple[float, float]]) -> int:
    """Of pairs (asked, answered): how many asked later and were answered earlier than one of them, at most."""
    answered_later_askers: list[float] = []
    most = 0
    for _, answered in sorted(spans, reverse=True):
        most = max(most, bisect_left(answered_later_askers, answered))
        insort(answered_later_askers, answered)
    return most


def _name(error: Exception | None) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"
