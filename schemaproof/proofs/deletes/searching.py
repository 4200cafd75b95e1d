"""One case that shows something, found by chance and made plain by Hypothesis; what that can't do becomes an error."""

from collections.abc import Callable, Iterator
from itertools import islice
from random import Random
from typing import cast

from hypothesis import HealthCheck, Phase, Verbosity, find, settings
from hypothesis.errors import Flaky, HypothesisException, NoSuchExample
from hypothesis.strategies import SearchStrategy

from schemaproof.rows.homeless import homeless


class SearchError(Exception):
    """Hypothesis gave up before there was an answer; the text says why.

    Attributes:
        case: the last one of which the condition was true; None where it never was.
    """

    def __init__(self, error: HypothesisException, case: object) -> None:
        super().__init__(f"{type(error).__name__}: {str(error).partition(chr(10))[0]}")
        self.case = case


# Attempts at something plainer: each is a delete on the server, and Hypothesis alone goes on to hundreds.
_SHRINKS = 80


def search[T](
    strategy: SearchStrategy[T],
    condition: Callable[[T], bool],
    *,
    examples: int,
    shrinks: int = _SHRINKS,
    samples: Callable[[Random], Iterator[T]] | None = None,
) -> T | None:
    """The plainest value of ``strategy`` of which ``condition`` is true; None where none of those drawn is.

    Args:
        strategy: what is drawn.
        condition: of a value.
        examples: how many are drawn at most.
        shrinks: how many plainer ones are tried at most.
        samples: draws the same values without Hypothesis, the plainest first. Drawing takes Hypothesis longer than the
            server takes to answer, so it is asked only for something plainer than one that was found here.

    Raises:
        SearchError: where the condition is true of a value once and not the next time, or no value can be drawn.
    """
    seen: list[T] = []
    left = shrinks
    if samples is not None:
        drawn = enumerate(islice(samples(Random(0)), examples))  # noqa: S311 (the same ones each time)
        place, value = next(((place, one) for place, one in drawn if condition(one)), (None, None))
        if place is None or not shrinks:
            return value
        seen = [cast("T", value)]
        if place == 0:
            return _steady(seen[0], condition)

    def remembered(value: T) -> bool:
        nonlocal left
        if seen and left <= 0:
            raise _Enough
        holds = condition(value)
        left -= bool(seen)
        if holds:
            seen[:] = [value]
        return holds

    try:
        with homeless():
            return find(strategy, remembered, settings=drawing(examples))
    except _Enough:
        return seen[0]
    except NoSuchExample:
        return _steady(seen[0], condition) if seen else None
    except HypothesisException as error:  # FlakyFailure, Unsatisfiable, ...: of several releases
        raise SearchError(error, seen[0] if seen else None) from error


def _steady[T](value: T, condition: Callable[[T], bool]) -> T:
    """``value``, of which ``condition`` was true before.

    Raises:
        SearchError: where it is not any more.
    """
    if not condition(value):
        raise SearchError(Flaky("the same case shows it once and not the next time"), value)
    return value


class _Enough(BaseException):
    """Ends Hypothesis' search for something plainer, which takes no Exception for an end."""


def drawing(examples: int) -> settings:
    """How cases are drawn: the same ones each time, since a change is judged by what it changes."""
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
