"""The machine's Docker engine, for the tests that need a real one."""

from collections.abc import Iterator
from contextlib import closing

import docker
import pytest

from schemaproof.postgres import PostgresError
from schemaproof.postgres.engine import connect


@pytest.fixture(scope="module")
def engine() -> Iterator[docker.DockerClient]:
    """The machine's Docker engine."""
    try:
        client = connect()
    except PostgresError as error:
        pytest.skip(f"containers need a Docker engine: {error.cause}")
    with closing(client):
        yield client
