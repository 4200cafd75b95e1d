"""What the project's ``before`` makes ready for env.py: once in a process, for as long as it examines the project.

A process that is forked has it already, as it has the modules; one that is spawned calls it anew. The context that it
returns is left in the process that entered it.
"""

import inspect
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import Any

from schemaproof.project.subject import Subject, SubjectError, imported

_EXAMPLE = "app:create_app"


class BeforeError(Exception):
    """``before`` failed, which is the cause: env.py did not run."""


@dataclass
class _Entered:
    """What was made ready, and in which process: ``stack`` is closed there alone, inside of ``surroundings``."""

    key: tuple[object, ...]
    pid: int
    stack: ExitStack
    surroundings: Callable[[], AbstractContextManager[object]]


_entered: _Entered | None = None


def enter(subject: Subject, url: str, surroundings: Callable[[], AbstractContextManager[object]]) -> None:
    """Call the ``before`` of ``subject``, unless that was done in this process, or before it was forked.

    Args:
        subject: its folder, variables and URL are in force at the moment.
        url: the one that it is told: where it gets another one, the application is made anew.
        surroundings: puts them in force again, to leave what is entered here.

    Raises:
        BeforeError: from the error that it raised.
    """
    global _entered  # noqa: PLW0603 (an application is its process')
    if subject.before is None:
        return
    key = (subject.project, subject.before, url)
    if _entered is not None and _entered.key == key:
        return
    leave()
    try:
        stack = ExitStack()
        _enter(stack, imported(subject.before, "before", _EXAMPLE))
    except Exception as error:
        raise BeforeError(f"before = {subject.before}") from error
    _entered = _Entered(key, os.getpid(), stack, surroundings)


def _enter(stack: ExitStack, function: Any) -> None:
    if not callable(function):
        raise TypeError(f"it is of type {type(function).__name__}, not a function")
    if inspect.iscoroutinefunction(function):
        raise TypeError("it is asynchronous: name a function that calls asyncio.run()")
    made = function()
    if hasattr(made, "__aenter__"):
        raise TypeError("it returns an asynchronous context manager: return one for `with`")
    if not hasattr(made, "__enter__") and callable(getattr(made, "app_context", None)):  # a Flask application
        made = made.app_context()
    if hasattr(made, "__enter__"):
        stack.enter_context(made)


def leave() -> None:
    """Leave what was entered in this process.

    Raises:
        SubjectError: where that fails.
    """
    global _entered
    entered, _entered = _entered, None
    if entered is None or entered.pid != os.getpid():
        return
    try:
        with entered.surroundings():
            entered.stack.close()
    except Exception as error:
        raise SubjectError(
            f"The context that {entered.key[1]} returned fails when it is left: {type(error).__name__}: {error}",
            remedy="Fix the error in its __exit__, or after its `yield`.",
        ) from error
