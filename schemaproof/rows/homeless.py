"""Hypothesis without a folder: what it keeps on disk would be left in the folder of whoever is verified."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import configuration

# Nothing can be made below a file. Hypothesis writes what it can and goes on without where it can't: tables of Unicode,
# and the constants of each module that is loaded, whatever the setting "database" says.
_NOWHERE = Path(os.devnull) / "hypothesis"


@contextmanager
def homeless() -> Iterator[None]:
    """Keep Hypothesis from writing files in the block; afterwards they go where they went before."""
    before = getattr(configuration, "__hypothesis_home_directory", None)
    configuration.set_hypothesis_home_dir(_NOWHERE)
    try:
        yield
    finally:
        configuration.set_hypothesis_home_dir(before)
