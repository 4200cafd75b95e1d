"""What is worth showing of the output of one run of env.py: what the project says itself.

Its log of SQL is not: statement by statement it is what Alembic does, in whatever format it was configured. So those
lines are known by what was logged and sent, and not by how they look.
"""

import contextlib
import json
import logging
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from schemaproof.migration.evidence import cut, is_project_file, place_shown, scrubbed

_LIBRARIES = ("sqlalchemy", "alembic", "asyncpg", "psycopg", "asyncio")
# Their loggers, where a line names one. Of "sqlalchemy.exc" errors are.
_LOGGER = re.compile(
    r"(?<![\w./])(?:sqlalchemy\.(?:engine|pool|orm|dialects)|alembic\.(?:runtime|ddl|autogenerate|script|env|util))\b"
)
_STATEMENT = re.compile(
    r"\b(?:SELECT|INSERT|UPDATE|DELETE|MERGE|WITH|CREATE|ALTER|DROP|COMMENT|GRANT|REVOKE|TRUNCATE|LOCK|SET|DO|COPY"
    r"|CALL|EXPLAIN|REINDEX|REFRESH|ANALYZE|SAVEPOINT|RELEASE)\b",
    re.IGNORECASE,
)
_LEVEL = re.compile(r"\b(?:INFO|DEBUG)\b", re.IGNORECASE)
# What SQLAlchemy puts before a driver's message: "(psycopg.errors.UndefinedTable) ".
_DRIVERS = re.compile(r"^\([\w.]+\) (?:<class '[\w.]+'>: )?")
_CHAINED = ("During handling of the above exception", "The above exception was the direct cause")
_TRACEBACK = "Traceback (most recent call last):"
_FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+)')

_DIGITS = re.compile(r"[0-9a-f]*\d[0-9a-f]*")

_SHOWN = 20  # lines
_LOOKED_AT = 2_000  # lines, from the end
_REMEMBERED = 20_000  # messages and statements
_TELLING = 8  # characters of a line of SQL below which it may be a coincidence


@dataclass
class Noise:
    """What libraries logged and sent in one run.

    Attributes:
        logged: the lines of their messages.
        sent: the lines of the statements.
        whole: the statements, each in one line and once, in the order in which they were first sent.
        usual: what env.py prints in a run without a revision, as ``shapes`` has it.
    """

    logged: set[str] = field(default_factory=set)
    sent: set[str] = field(default_factory=set)
    whole: dict[str, None] = field(default_factory=dict)
    usual: frozenset[str] = frozenset()

    def log(self, message: str) -> None:
        """Remember a message of a library's logger."""
        if len(self.logged) < _REMEMBERED:
            self.logged.update(_lines(message))

    def send(self, statement: str) -> None:
        """Remember a statement."""
        plain = _plain(statement)
        if len(self.sent) < _REMEMBERED and plain not in self.whole:
            self.whole[plain] = None
            self.sent.update(_lines(statement))

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Hear each message that a library's logger is given, whichever handlers it goes to."""
        before = logging.getLogRecordFactory()

        def make(*args: Any, **kwargs: Any) -> logging.LogRecord:
            record = before(*args, **kwargs)
            # A record that is made from its attributes, as makeLogRecord() does it, gets its name afterwards.
            if (record.name or "").partition(".")[0] in _LIBRARIES:
                with contextlib.suppress(Exception):  # arguments that don't fit the message: logging tells of them
                    self.log(record.getMessage())
            return record

        logging.setLogRecordFactory(make)
        try:
            yield
        finally:
            logging.setLogRecordFactory(before)

    def holds(self, line: str) -> bool:
        """Whether ``line`` is of a log of SQL, or is printed in each run."""
        if _LOGGER.search(line) or _shape(line) in self.usual:
            return True
        return any(self._is_said(text) for text in _texts(line))

    def _is_said(self, text: str) -> bool:
        if text in self.logged or text in self.sent:
            return True
        if any(end in self.logged for end in _ends(text)):
            return True
        if any(len(part) >= _TELLING and part in self.sent for part in (*_ends(text), *_beginnings(text))):
            return True
        return bool(_STATEMENT.search(text)) and any(len(one) >= _TELLING and one in text for one in self.whole)


def worth_showing(output: str, noise: Noise, error: str = "", project: Path | None = None) -> list[str]:
    """The last lines of ``output`` that say what neither a log of SQL nor ``error`` says, each once."""
    kept: dict[str, None] = {}
    blocks = _without_tracebacks(output.splitlines()[-_LOOKED_AT:], project)
    for line in _without_logs(blocks, noise):
        text = cut(scrubbed(line.rstrip(), project))
        if text.strip() and not _repeats(text.strip(), error):
            kept.setdefault(text)
    return list(kept)[-_SHOWN:]


def shapes(output: str) -> frozenset[str]:
    """The lines of ``output``, whatever numbers are in them: times, ports and databases are others in each run."""
    return frozenset(_shape(line) for line in output.splitlines() if line.strip())


def _shape(line: str) -> str:
    return _DIGITS.sub("0", _plain(line))


def _without_logs(lines: Iterable[str], noise: Noise) -> Iterator[str]:
    """``lines`` without those of a log of SQL; of a message that begins with a line break the empty line before it."""
    held: str | None = None
    for line in lines:
        is_noise = noise.holds(line)
        bare = is_noise and _plain(line) in noise.logged | noise.sent
        if held is not None and not (bare and _LEVEL.search(held)):
            yield held
        held = None if is_noise else line
    if held is not None:
        yield held


def _repeats(text: str, error: str) -> bool:
    """Whether ``text`` says again what ``error`` says."""
    if text.startswith("(Background on this error at:"):
        return True
    lines = [line.strip() for line in error.splitlines()]
    message = _DRIVERS.sub("", lines[0].partition(": ")[2]) if lines else ""
    return text in lines or (len(message) > _TELLING and message in text.replace('\\"', '"'))


def _without_tracebacks(lines: Iterable[str], project: Path | None) -> Iterator[str]:
    """``lines`` with one line in place of each traceback: the error, and where the project's code raised it."""
    inside, place = False, ""
    for line in lines:
        if line.strip().endswith(_TRACEBACK) and not line.lstrip().startswith("{"):
            inside, place = True, ""
        elif inside and (line.startswith((" ", "\t")) or not line.strip()):
            frame = _FRAME.search(line)
            if frame is not None and is_project_file(frame["file"]):
                place = f" (at {place_shown(frame['file'], int(frame['line']), project)})"
        elif inside:
            inside = False
            yield line + place
        elif not line.startswith(_CHAINED):
            yield line


def _lines(text: str) -> Collection[str]:
    return {plain for line in text.splitlines() if (plain := _plain(line))}


def _plain(text: str) -> str:
    return " ".join(text.split())


def _texts(line: str) -> Iterator[str]:
    """``line`` as it may have been before somebody put it into a format."""
    yield _plain(line)
    if "\\" in line:
        yield _plain(line.replace("\\n", " ").replace("\\t", " ").replace('\\"', '"').replace("\\'", "'"))
    if line.lstrip().startswith("{"):
        with contextlib.suppress(ValueError):
            found = json.loads(line)
            yield from (_plain(value) for value in found.values() if isinstance(value, str))


def _ends(text: str) -> Iterator[str]:
    """Each end of ``text`` that begins with a word: before it stand time, level and logger."""
    for separator in re.finditer(r"[\s:|\]]+", text):
        yield text[separator.end() :]


def _beginnings(text: str) -> Iterator[str]:
    """Each beginning of ``text`` that ends with a word: after it stand the parameters."""
    for separator in re.finditer(r"[\s:|]+", text):
        yield text[: separator.start()]
