"""Hypothesis by itself: without a folder, and without the sources of whoever is verified."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hypothesis import configuration

try:
    from hypothesis.internal.conjecture import providers
except ImportError:  # of a release that draws no constants
    _providers: Any = None
else:
    # Names of its own, which another release may not have: then it takes its time.
    _names = {"_get_local_constants", "Constants", "CONSTANTS_CACHE"}
    _providers = providers if vars(providers).keys() >= _names else None

# Nothing can be made below a file. Hypothesis writes what it can and goes on without where it can't: tables of Unicode,
# and the constants of each module that is loaded, whatever the setting "database" says. What it keeps on disk would be
# left in the folder of whoever is verified.
_NOWHERE = Path(os.devnull) / "hypothesis"


@contextmanager
def homeless() -> Iterator[None]:
    """Keep Hypothesis from writing files in the block, and from reading sources; afterwards it does as before."""
    before = getattr(configuration, "__hypothesis_home_directory", None)
    configuration.set_hypothesis_home_dir(_NOWHERE)
    try:
        with _without_constants():
            yield
    finally:
        configuration.set_hypothesis_home_dir(before)


@contextmanager
def _without_constants() -> Iterator[None]:
    """Keep Hypothesis from drawing constants of the subject's modules; its own remain.

    It would parse each module that is loaded, which takes seconds for an application of hundreds, and draw other rows
    after a change of any of them: a change is to be judged by what it changes.
    """
    if _providers is None:
        yield
        return
    before = _providers._get_local_constants, _providers.CONSTANTS_CACHE
    none = _providers.Constants()
    _providers._get_local_constants = lambda: none
    _providers.CONSTANTS_CACHE = {}  # what is kept there is of both kinds
    try:
        yield
    finally:
        _providers._get_local_constants, _providers.CONSTANTS_CACHE = before
