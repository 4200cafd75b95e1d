"""Characters that may be shown. A subject's output can hold any: colours, control characters, half a surrogate pair."""

import dataclasses
import re
from typing import Any

from schemaproof.finding import Finding

# Control sequences that a terminal obeys (ECMA-48, 5.4), such as colours, and operating system commands.
_SEQUENCES = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?)")

# All but XML 1.0's Char (2.2), and C1, which XML discourages and terminals may obey.
_FORBIDDEN = re.compile("[^\t\n\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def readable(text: str) -> str:
    """``text`` as a terminal, a file in UTF-8 and XML 1.0 can hold it; what they can't is a replacement character."""
    plain = _SEQUENCES.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    return _FORBIDDEN.sub("\ufffd", plain)


def readable_finding(finding: Finding) -> Finding:
    """``finding`` with all of its texts readable."""
    texts: dict[str, Any] = {
        name: readable(value) for name, value in vars(finding).items() if isinstance(value, str) and name != "severity"
    }
    if finding.where is not None:
        texts["where"] = finding.where._replace(file=readable(finding.where.file))
    return dataclasses.replace(finding, **texts)
