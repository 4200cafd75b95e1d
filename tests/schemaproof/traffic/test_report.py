"""The figures of a load report, on loads whose figures are known."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from schemaproof.traffic.report import LoadReport, Request, most_overtaken


def report(*requests: Request, tasks: int = 2, unanswered: int = 0, opened: int | None = None) -> LoadReport:
    return LoadReport(requests, tasks, began=0.0, ended=10.0, unanswered=unanswered, opened=opened)


def served(task: int, times: int, wait: float = 1.0) -> list[Request]:
    return [Request(task, 0.0, wait) for _ in range(times)]


def test_percentiles_are_waits_by_nearest_rank() -> None:
    waits = report(*(Request(0, 1.0, 1.0 + hundredth / 100) for hundredth in range(100, 0, -1)))
    assert [round(waits.percentile(percent), 2) for percent in (0, 50, 95, 99, 100)] == [0.01, 0.5, 0.95, 0.99, 1.0]


@given(st.lists(st.floats(0, 100), min_size=1), st.integers(0, 100))
def test_percentile_is_a_wait_that_so_many_did_not_exceed(waits: list[float], percent: int) -> None:
    found = report(*(Request(0, 0.0, wait) for wait in waits)).percentile(percent)
    assert found in waits
    assert sum(wait <= found for wait in waits) >= percent / 100 * len(waits)
    assert sum(wait < found for wait in waits) <= percent / 100 * len(waits)


def test_waits_are_of_successes_and_the_longest_of_all() -> None:
    mixed = report(Request(0, 0.0, 1.0), Request(0, 0.0, 9.0, ValueError()))
    assert (mixed.percentile(100), mixed.longest_wait) == (1.0, 9.0)


def test_errors_are_counted_by_type() -> None:
    failed = [Request(0, 0.0, 1.0, error) for error in (ValueError("a"), ValueError("b"), InvalidArgument())]
    assert report(*failed).errors == {"ValueError": 2, "hypothesis.errors.InvalidArgument": 1}


@pytest.mark.parametrize(
    ("counts", "index"), [([5, 5], 1.0), ([10, 0], 0.5), ([1, 3], 0.8), ([0, 0], math.nan)], ids=str
)
def test_fairness_is_jains_index(counts: list[int], index: float) -> None:
    found = report(*served(0, counts[0]), *served(1, counts[1])).fairness
    assert found == pytest.approx(index, nan_ok=True)


def test_task_that_had_only_errors_makes_a_load_unfair() -> None:
    assert report(*served(0, 4), Request(1, 0.0, 1.0, ValueError())).fairness == 0.5


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=30))
def test_overtaking_is_counted_as_one_would_by_hand(spans: list[tuple[int, int]]) -> None:
    by_hand = [sum(later > asked and earlier < answered for later, earlier in spans) for asked, answered in spans]
    assert most_overtaken([(float(asked), float(answered)) for asked, answered in spans]) == max(by_hand, default=0)


def test_requests_that_are_answered_in_order_overtake_nobody() -> None:
    assert report(*(Request(0, at, at + 5) for at in (0.0, 1.0, 2.0))).most_overtaken == 0


def test_request_that_all_others_passed_is_overtaken_by_all() -> None:
    assert report(Request(0, 0.0, 9.0), *(Request(1, at, at + 1) for at in (1.0, 2.0, 3.0))).most_overtaken == 3


def test_longest_pause_is_between_successes_begin_and_end() -> None:
    assert report(Request(0, 0.0, 1.0), Request(0, 2.0, 4.0), Request(0, 4.0, 5.0, ValueError())).longest_pause == 6.0
    assert report(Request(0, 0.0, 7.0), Request(0, 7.0, 9.0)).longest_pause == 7.0
    assert report().longest_pause == 10.0


def test_rate_is_of_successes() -> None:
    assert report(*served(0, 20), Request(0, 0.0, 1.0, ValueError())).per_second == 2.0


def test_report_without_any_success_has_no_waits() -> None:
    empty = report()
    assert math.isnan(empty.percentile(50))
    assert empty.longest_wait == 0
    assert "p50 nan ms" in str(empty)


def test_table_tells_all() -> None:
    told = str(report(*served(0, 3, 0.5), *served(1, 1), Request(1, 0.0, 1.0, OSError()), unanswered=2, opened=3))
    assert told.splitlines() == [
        "requests       4 of 7 by 2 tasks",
        "per second     0",
        "waits          p50 500.0 ms, p95 1000.0 ms, p99 1000.0 ms, max 1000.0 ms",
        "longest pause  9000.0 ms",
        "fairness       0.800, overtaken by 0 at most",
        "opened         3 connections",
        "errors         OSError x1, unanswered x2",
    ]


def test_table_of_a_clean_load_has_no_errors() -> None:
    assert str(report(*served(0, 1))).endswith("opened         not counted\nerrors         none")
