"""What was seen while a revision was applied under traffic; all times are in seconds since the traffic began."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Answer:
    """One statement of the older release.

    Attributes:
        table: that it was sent for, as "schema.table".
        begin: when it was sent.
        seconds: until it was answered.
        code: the SQLSTATE of an error; "" for none.
    """

    table: str
    begin: float
    seconds: float
    code: str = ""


@dataclass(frozen=True)
class Sent:
    """One statement of the migration, COMMIT among them."""

    text: str
    begin: float
    end: float


@dataclass(frozen=True)
class Look:
    """Who waited for a lock at one moment.

    Attributes:
        at: when.
        migration: whether the migration did.
        others: how many sessions of the older release did.
    """

    at: float
    migration: bool
    others: int


@dataclass(frozen=True)
class Seen:
    """One table during one span of time, beside the seconds before the migration.

    Attributes:
        answers: statements answered.
        rate: answers a second, 1 for as many as before.
        usual: the median of the times to answer, 1 for that before.
        slowest: the longest of them, in medians of before.
        errors: how often each SQLSTATE came, then and afterwards.
    """

    answers: int
    rate: float
    usual: float
    slowest: float
    errors: Mapping[str, int]


@dataclass(frozen=True)
class Rehearsal:
    """One revision under traffic.

    Attributes:
        revision: which.
        rows: by table, how many it held.
        sessions: how many worked on them.
        answers: what they were answered, in the order of the answers.
        sent: the migration's statements.
        looks: who waited for locks, every few milliseconds.
        reader: from when to when a long transaction had read the tables.
        migration: from when to when the revision was applied.
        error: what it failed with; "" where it passed.
        remarks: what was left out, a sentence without its full stop each.
    """

    revision: str
    rows: Mapping[str, int]
    sessions: int
    answers: Sequence[Answer]
    sent: Sequence[Sent]
    looks: Sequence[Look]
    reader: tuple[float, float]
    migration: tuple[float, float]
    error: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def end(self) -> float:
        """When the last answer came."""
        return max([self.migration[1], *(one.begin + one.seconds for one in self.answers)])

    def usual(self, table: str) -> float:
        """The median of the seconds that a statement on ``table`` took before the migration."""
        before = [one.seconds for one in self.answers if one.table == table and self._is_before(one)]
        return median(before) if before else 0.0

    def during(self, table: str) -> Seen:
        """``table`` while the revision was applied: what was sent then, and what still waited."""
        begin, end = self.migration
        there = [one for one in self.answers if one.table == table]
        before = [one for one in there if self._is_before(one)]
        meanwhile = [one for one in there if one.begin < end and one.begin + one.seconds > begin]
        errors = Counter(one.code for one in there if one.code and one.begin + one.seconds > begin)
        rate = len(before) / begin if begin else 0.0
        times, usual = [one.seconds for one in meanwhile], self.usual(table)
        return Seen(
            len(meanwhile),
            len(meanwhile) / max(end - begin, 0.001) / rate if rate else 0.0,
            median(times) / usual if times and usual else 0.0,
            max(times, default=0.0) / usual if usual else 0.0,
            dict(sorted(errors.items())),
        )

    def waited(self) -> float:
        """The share of the migration's time in which it waited for a lock itself."""
        begin, end = self.migration
        looks = [one for one in self.looks if begin <= one.at <= end]
        return sum(one.migration for one in looks) / len(looks) if looks else 0.0

    def _is_before(self, one: Answer) -> bool:
        return one.begin + one.seconds <= self.migration[0]
