from collections.abc import Iterator

import pytest

from tests.schemaproof.warm import Warm


@pytest.fixture(scope="session")
def warm() -> Iterator[Warm]:
    """A process with everything imported, to run commands in forks of."""
    with Warm() as process:
        yield process
