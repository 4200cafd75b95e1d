"""Characters that may be shown. A subject's output can hold any: colours, control characters, half a surrogate pair."""

import dataclasses
import re
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemaproof.check import Check
from schemaproof.finding import Finding

if TYPE_CHECKING:
    from schemaproof.report.outcome import Report

# Control sequences that a terminal obeys (ECMA-48, 5.4), such as colours, and operating system commands.
_SEQUENCES = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?)")

# Marks that turn the direction of what follows them: a name with one reads as another (Unicode 15, UAX #9).
_DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

# All but XML 1.0's Char (2.2), and C1, which XML discourages and terminals may obey.
_FORBIDDEN = re.compile("[^\t\n\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def readable(text: str) -> str:
    """``text`` as a terminal, a file in UTF-8 and XML 1.0 can hold it; what they can't is a replacement character.

    A mark of direction is told by its number.
    """
    plain = _SEQUENCES.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    plain = _DIRECTIONS.sub(lambda found: f"\\u{ord(found[0]):04x}", plain)  # as Python's strings may have them
    return _FORBIDDEN.sub("\ufffd", plain)


def flat(text: str) -> str:
    """``text`` readable, and on one line."""
    return " ".join(readable(text).split())


def readable_finding(finding: Finding) -> Finding:
    """``finding`` with all of its texts readable; its fingerprint may be another one then."""
    found: Finding = _readable(finding)
    return found


def readable_report(report: "Report") -> "Report":
    """``report`` with all that is the project's readable."""
    found: Report = _readable(report)
    return found


def _readable(value: Any) -> Any:
    """``value`` with all texts in it readable; what has none stays the object that it is."""
    found = value
    match value:
        case Enum() | Check():
            pass
        case str() | Path():
            found = readable(str(value))
        case tuple() if hasattr(value, "_fields"):
            found = type(value)(*map(_readable, value))
        case list() | tuple():
            found = type(value)(map(_readable, value))
        case dict():
            found = {_readable(key): _readable(one) for key, one in value.items()}
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            told = {each.name: _readable(getattr(value, each.name)) for each in dataclasses.fields(value)}
            found = dataclasses.replace(value, **told)
    return found
