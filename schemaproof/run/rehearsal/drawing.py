"""A rehearsal as an SVG: the times to answer of each table above, statements and waits for locks below."""

from collections.abc import Iterator, Sequence
from html import escape
from math import log10

from schemaproof.run.rehearsal.record import Answer, Rehearsal, Sent

_WIDTH, _LEFT, _RIGHT = 960, 150, 20  # pixels
_PANEL, _GAP, _LANE = 110, 26, 18
_DECADES = 4  # from as quick as before to 10,000 times as slow
_DOTS = 4000  # of a table: more make no other picture
_STATEMENT = 70  # characters
_STYLE = (
    "text{font:11px sans-serif;fill:#333}.title{font-size:15px;font-weight:bold}.grid{stroke:#ddd}.dot{fill:#27c;"
    "fill-opacity:.45}.wait{stroke:#27c;stroke-opacity:.5}.error{fill:#d22}.migration{fill:#fa0;fill-opacity:.15}"
    ".sent{fill:#fa0}.locked{fill:#d22}.reader{fill:#888}.waiting{fill:#27c}"
)


def as_svg(seen: Rehearsal) -> str:
    """The whole file."""
    return _Drawing(seen).text()


class _Drawing:
    def __init__(self, seen: Rehearsal) -> None:
        self._seen = seen
        self._end = max(seen.end, 0.001)
        self._top = 60

    def text(self) -> str:
        body = [*self._head(), *self._panels(), *self._lanes(), *self._axis()]
        height = self._top + 30
        shade = self._rect("migration", *self._seen.migration, 50, height - 80)
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}"'
                f' viewBox="0 0 {_WIDTH} {height}">',
                f"<style>{_STYLE}</style>",
                f'<rect width="{_WIDTH}" height="{height}" fill="white"/>',
                shade,
                *body,
                "</svg>\n",
            ]
        )

    def _head(self) -> Iterator[str]:
        seen = self._seen
        yield _text(20, 24, f"{seen.revision} under traffic", "title")
        told = f"{seen.sessions} sessions of the release before; each dot is an answer, 1 the usual time before"
        yield _text(20, 42, told + (f". The migration fails: {seen.error.partition(chr(10))[0]}" if seen.error else ""))

    def _panels(self) -> Iterator[str]:
        for table, rows in self._seen.rows.items():
            yield _text(20, self._top + 14, table)
            yield _text(20, self._top + 30, f"{rows:,} rows")
            errors = self._seen.during(table).errors
            yield from (
                _text(20, self._top + 46 + 14 * place, f"{count} x {code}", "error")
                for place, (code, count) in enumerate(errors.items())
            )
            for decade in range(_DECADES + 1):
                y = self._y(10.0**decade)
                yield f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
                yield _text(_LEFT - 8, y + 4, f"{10**decade:,}", anchor="end")
            yield from self._dots(table)
            self._top += _PANEL + _GAP

    def _dots(self, table: str) -> Iterator[str]:
        usual = self._seen.usual(table) or 1.0
        answers = [one for one in self._seen.answers if one.table == table]
        slow = [one for one in answers if one.seconds > 3 * usual or one.code]
        others = [one for one in answers if one.seconds <= 3 * usual and not one.code]
        for one in _thinned(others, _DOTS) + slow[:_DOTS]:
            x, y = self._x(one.begin + one.seconds), self._y(max(one.seconds / usual, 1.0))
            if one.seconds > self._end / 200:  # as long as it waited
                yield f'<line class="wait" x1="{self._x(one.begin):.1f}" x2="{x:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>'
            yield f'<circle class="{"error" if one.code else "dot"}" cx="{x:.1f}" cy="{y:.1f}" r="2"/>'

    def _lanes(self) -> Iterator[str]:
        seen = self._seen
        yield from self._lane("the long reader", [self._rect("reader", *seen.reader, self._top, _LANE - 6)])
        looks = [one for one in seen.looks if one.others]
        most = max((one.others for one in looks), default=1)
        bars = [
            self._rect(
                "waiting",
                one.at,
                one.at + 0.02,
                self._top + (_LANE - 6) * (1 - one.others / most),
                (_LANE - 6) * one.others / most,
            )
            for one in looks
        ]
        yield from self._lane("wait for locks", bars)
        waits = [one.at for one in seen.looks if one.migration]
        for one in seen.sent:
            yield from self._lane("", self._statement(one, waits))

    def _statement(self, one: Sent, waits: Sequence[float]) -> Iterator[str]:
        yield self._rect("sent", one.begin, one.end, self._top, _LANE - 6)
        for at in waits:
            if one.begin <= at <= one.end:
                yield self._rect("locked", at, min(at + 0.02, one.end), self._top, _LANE - 6)
        words = " ".join(one.text.split())
        shown = words if len(words) <= _STATEMENT else words[:_STATEMENT] + " ..."
        x = self._x(one.end) + 6
        late = x > _WIDTH * 0.6
        yield _text(self._x(one.begin) - 6 if late else x, self._top + 10, shown, anchor="end" if late else "start")

    def _lane(self, name: str, parts: "Sequence[str] | Iterator[str]") -> Iterator[str]:
        yield _text(20, self._top + 10, name)
        yield from parts
        self._top += _LANE

    def _axis(self) -> Iterator[str]:
        begin = self._seen.migration[0]
        self._top += 8
        for second in range(-int(begin), int(self._end - begin) + 1):
            yield _text(self._x(begin + second), self._top + 10, f"{second:+d} s" if second else "0", anchor="middle")

    def _x(self, at: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * at / self._end

    def _y(self, ratio: float) -> float:
        return self._top + _PANEL * (1 - min(log10(max(ratio, 1.0)) / _DECADES, 1.0))

    def _rect(self, kind: str, begin: float, end: float, top: float, height: float) -> str:
        x, width = self._x(begin), max(self._x(end) - self._x(begin), 1.5)
        return f'<rect class="{kind}" x="{x:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}"/>'


def _thinned(answers: Sequence[Answer], most: int) -> list[Answer]:
    step = max(1, -(-len(answers) // most))
    return list(answers[::step])


def _text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
