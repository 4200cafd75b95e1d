import sys
from collections.abc import Iterator

import pytest

from schemaproof.postgres import Server
from tests.schemaproof.warm import Warm


@pytest.fixture(scope="session")
def warm() -> Iterator[Warm]:
    """A process with everything imported, to run commands in forks of."""
    with Warm() as process:
        yield process


@pytest.fixture(scope="session")
def proved_server(postgres_server: Server) -> None:
    """The run's server has proved itself: forks of this process need not let it do so again."""
    from schemaproof.migration.history import prove_server  # noqa: PLC0415 (most tests need none of what it imports)

    prove_server(postgres_server)


@pytest.fixture(autouse=True)
def _module_path() -> Iterator[None]:
    """Where a test's project has modules, as ``prepend_sys_path`` says: no other test's project finds them there.

    Processes that a test starts take the path along: an example would find another project's ``models``.
    """
    path = sys.path[:]
    yield
    sys.path[:] = path
