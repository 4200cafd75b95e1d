"""Fewer rows that show the same: Hypothesis shrinks what it drew, and that a row is in nobody's way it can't know."""

from collections.abc import Callable

from schemaproof.rows.population import Rows


def fewest(rows: Rows, fits: Callable[[Rows], bool]) -> Rows:
    """``rows`` without those that ``fits`` is true without; none more can be left out by itself.

    Args:
        rows: of which ``fits`` is true.
        fits: whether rows show what they are to show; rows that can't be planted do not.
    """
    left_out = True
    while left_out:
        left_out = False
        for name in rows:
            for place in reversed(range(len(rows[name]))):
                fewer = {**rows, name: [row for other, row in enumerate(rows[name]) if other != place]}
                if fits(fewer):
                    rows, left_out = fewer, True
    return rows
