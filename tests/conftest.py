import sys
from collections.abc import Iterator

import pytest

from tests.schemaproof.warm import Warm


@pytest.fixture(scope="session")
def warm() -> Iterator[Warm]:
    """A process with everything imported, to run commands in forks of."""
    with Warm() as process:
        yield process


@pytest.fixture(autouse=True)
def _module_path() -> Iterator[None]:
    """Where a test's project has modules, as ``prepend_sys_path`` says: no other test's project finds them there.

    Processes that a test starts take the path along: an example would find another project's ``models``.
    """
    path = sys.path[:]
    yield
    sys.path[:] = path
