"""Whether code of the subject raised an error on purpose, to say that it can't do a thing."""

import re
import traceback

from schemaproof.migration.environment import Run, sqlstate
from schemaproof.migration.evidence import is_project_file

# What Python raises for a mistake in the code, also where a line of the project reads `raise`.
_MISTAKES = (NameError, AttributeError, TypeError, ImportError, SyntaxError, LookupError)

# `raise ...`, also on the line of an `if`, and the assertion that can't hold.
_REFUSAL = re.compile(r"(?:^|:\s*)(?:raise\b|assert\s*\(?\s*(?:False|0)\b)")


def is_deliberate(run: Run) -> bool:
    """Whether the error that ended ``run`` was raised by a ``raise`` statement of the project's own code.

    A database error that the project passes on is none, and nor are Python's own errors, but for NotImplementedError.
    """
    error = run.error
    if error is None or sqlstate(error) is not None or isinstance(error, _MISTAKES):
        return False
    if isinstance(error, NotImplementedError):
        return True
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and is_project_file(frames[-1].filename) and bool(_REFUSAL.search(frames[-1].line or ""))
