"""A rehearsal as text: what each table's sessions met, and what the migration did meanwhile."""

from collections.abc import Iterator

from schemaproof.run.rehearsal.record import Rehearsal, Seen

_WIDTH = 88  # characters of a statement
_BARS = " .:-=+*#%@"  # from as quick as before to a thousand times as slow
_STRIP = 72  # characters of a table's time line
_SHARE_TOLD = 0.05  # of the migration's time


def as_text(seen: Rehearsal) -> str:
    """All of it; ratios are to the seconds before the migration."""
    return "\n".join(_lines(seen)) + "\n"


def _lines(seen: Rehearsal) -> Iterator[str]:
    begin, end = seen.migration
    yield (
        f"{seen.revision} under traffic: {seen.sessions} sessions, and a reader that holds on for a second; the"
        f" migration takes {end - begin:.2f} s on this machine"
    )
    if seen.waited() > _SHARE_TOLD:
        yield f"It waits for locks itself for {seen.waited():.0%} of that."
    if seen.error:
        yield f"It fails: {seen.error}"
    yield ""
    for table, rows in seen.rows.items():
        yield f"{table}, {rows:,} rows: {_told(seen.during(table))}"
        yield f"  {_strip(seen, table)}"
    yield f"  {_marks(seen)}"
    yield (
        f"  a column is {seen.end / _STRIP:.2f} s: the slowest answer, from {_BARS[1]!r} as before to {_BARS[-1]!r}"
        " 1,000 times as slow; ! is an error"
    )
    yield ""
    for one in seen.sent:
        text = " ".join(one.text.split())
        shown = text if len(text) <= _WIDTH else text[:_WIDTH] + " ..."
        yield f"  {one.begin - begin:7.3f} to {one.end - begin:7.3f} s  {shown}"
    yield from (f"{one}." for one in seen.remarks)


def _told(one: Seen) -> str:
    errors = "".join(f"; {count:,} times {code}" for code, count in one.errors.items())
    if not one.answers:
        return "nothing was answered while it was applied"
    return (
        f"{one.rate:.0%} of the usual answers a second; the median took {one.usual:,.1f} times, the slowest"
        f" {one.slowest:,.0f} times as long as usual{errors}"
    )


def _strip(seen: Rehearsal, table: str) -> str:
    """A character for each moment: how slow the slowest answer was that was waited for then; ! for an error."""
    usual, width = seen.usual(table) or 1.0, seen.end / _STRIP
    slowest, wrong = [0.0] * (_STRIP + 1), set[int]()
    for one in (each for each in seen.answers if each.table == table):
        first, last = int(one.begin / width), int((one.begin + one.seconds) / width)
        for place in range(first, min(last, _STRIP) + 1):
            slowest[place] = max(slowest[place], one.seconds / usual)
        wrong |= {min(last, _STRIP)} if one.code else set()
    return "".join("!" if place in wrong else _bar(ratio) for place, ratio in enumerate(slowest))


def _bar(ratio: float) -> str:
    if not ratio:
        return _BARS[0]
    step = 0
    while ratio >= 2 and step < len(_BARS) - 2:
        ratio, step = ratio / 2.2, step + 1  # eight steps to a thousand
    return _BARS[step + 1]


def _marks(seen: Rehearsal) -> str:
    """Below the strips: where the reader holds on, and where the migration runs."""
    width = seen.end / _STRIP
    line = [" "] * (_STRIP + 1)
    for (begin, end), mark in ((seen.reader, "r"), (seen.migration, "M")):
        for place in range(int(begin / width), min(int(end / width), _STRIP) + 1):
            line[place] = mark
    return "".join(line).rstrip() + "   r: the reader, M: the migration"
