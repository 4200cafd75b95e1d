"""Hypothesis, asked for a case: what it can't do is an error of ours, whatever its own is called."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from random import Random

import pytest
from hypothesis import errors
from hypothesis import strategies as st

from schemaproof.proofs.deletes import searching
from schemaproof.proofs.deletes.deletes import shown
from schemaproof.proofs.deletes.searching import SearchError, search


def test_plainest_value_is_found() -> None:
    assert search(st.integers(0, 100), lambda one: one > 6, examples=100) == 7


def test_search_for_something_plainer_has_an_end() -> None:
    asked: list[int] = []

    def large(one: int) -> bool:
        asked.append(one)
        return one > 1000

    found = search(st.integers(0, 2**64), large, examples=100, shrinks=3)
    assert found is not None
    assert found > 1000
    assert len(asked) - asked.index(next(one for one in asked if one > 1000)) <= 4


def test_nothing_is_found_where_nothing_fits() -> None:
    assert search(st.integers(0, 100), lambda one: one < 0, examples=20) is None


def test_condition_that_is_true_only_once_is_told_with_its_case() -> None:
    answers = iter([True])
    with pytest.raises(SearchError, match="Flaky") as caught:
        search(st.integers(5, 100), lambda _: next(answers, False), examples=20)
    assert isinstance(caught.value.case, int)


def counted(_: Random) -> Iterator[int]:
    return count()


def test_hypothesis_is_not_asked_where_no_sample_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "find", None)
    asked: list[int] = []
    assert search(st.integers(), asked.append, examples=20, samples=counted) is None  # type: ignore[arg-type]
    assert asked == [*range(20)]


def test_plainer_value_than_the_sample_is_found() -> None:
    assert search(st.integers(0, 100), lambda one: one > 6, examples=100, samples=lambda _: iter([0, 50])) == 7


def test_first_sample_is_plain_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "find", None)
    assert search(st.integers(), lambda one: one >= 0, examples=20, samples=counted) == 0


def test_sample_is_kept_where_hypothesis_draws_no_such_value() -> None:
    assert search(st.integers(0, 5), lambda one: one > 6, examples=20, samples=counted) == 7


def test_sample_is_enough_where_nothing_plainer_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "find", None)
    assert search(st.integers(), lambda one: one > 6, examples=20, shrinks=0, samples=counted) == 7


@pytest.mark.parametrize("place", [0, 1])
def test_sample_that_fits_only_once_is_told_with_its_case(place: int) -> None:
    answers = iter([False] * place + [True])
    with pytest.raises(SearchError, match="Flaky") as caught:
        search(st.integers(), lambda _: next(answers, False), examples=20, samples=counted)
    assert caught.value.case == place


def test_strategy_that_yields_nothing_is_told() -> None:
    with pytest.raises(SearchError, match="Unsatisf"):
        search(st.integers().filter(lambda _: False), lambda _: True, examples=20)


@pytest.mark.parametrize(
    "error",
    [
        errors.InvalidArgument("why"),
        errors.FailedHealthCheck("why"),
        errors.DeadlineExceeded(timedelta(seconds=2), timedelta(seconds=1)),
    ],
    ids=lambda error: type(error).__name__,
)
def test_each_error_of_hypothesis_is_told(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def find(*_arguments: object, **_options: object) -> None:
        raise error

    monkeypatch.setattr(searching, "find", find)
    with pytest.raises(SearchError, match=type(error).__name__):
        search(st.integers(), lambda _: True, examples=1)


def test_rows_of_a_case_are_shown_line_by_line() -> None:
    rows = {("public", "a"): [{"id": "1"}], ("public", "b"): []}
    assert shown((rows, [0])) == shown(((rows, [0]), True)) == "\npublic.a: {'id': '1'}"
    assert not shown(None)
