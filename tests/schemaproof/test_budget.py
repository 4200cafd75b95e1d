"""What a run may spend, and how it is shared."""

from itertools import count

import pytest

from schemaproof import budget
from schemaproof.budget import Budget, LeftOut, spread, within


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock on which a second passes between two looks at it."""
    monkeypatch.setattr(budget, "monotonic", count(100).__next__)


def test_what_is_left_is_shared_evenly() -> None:
    assert Budget(until=150).share(5) == 100 + 50 / 5


def test_what_the_others_take_anyway_is_theirs() -> None:
    assert Budget(until=150).share(5, besides=10) == 100 + (50 - 40) / 5
    assert Budget(until=150).share(5, besides=20) == 101  # nothing is left, and no less than nothing


def test_budget_that_is_spent_has_no_share() -> None:
    assert Budget(until=90).share(3) == 100


@pytest.mark.parametrize("length", range(10))
def test_all_is_there_once_however_it_is_spread(length: int) -> None:
    assert sorted(spread(range(length))) == [*range(length)]


def test_each_beginning_is_spread_over_all() -> None:
    found = spread(range(64))
    for length in range(8, 64):
        beginning = sorted(found[:length])
        assert max(later - one for one, later in zip(beginning, [*beginning[1:], 64], strict=True)) <= 2 * 64 / length


def test_items_end_when_the_time_does() -> None:
    assert [*within("abcdefgh", 103)] == ["a", "b", "c"]
    assert [*within("abc", None)] == ["a", "b", "c"]


def test_left_out_reads_as_words() -> None:
    assert str(LeftOut(3, 7, "faults")) == "3 of 7 faults"
