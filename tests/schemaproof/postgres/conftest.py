"""A real Docker engine, and a folder for other accounts."""

import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import docker
import pytest

from schemaproof.postgres import PostgresError
from schemaproof.postgres.engine import connect
from tests.schemaproof.postgres.owners import Owners


@pytest.fixture(scope="module")
def engine() -> Iterator[docker.DockerClient]:
    """The machine's Docker engine."""
    try:
        client = connect()
    except PostgresError as error:
        pytest.skip(f"containers need a Docker engine: {error.cause}")
    with closing(client):
        yield client


@pytest.fixture(scope="module")
def owners() -> Iterator[Owners]:
    """To start processes in that own a server, and are killed."""
    with Owners() as owners:
        yield owners


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every account may enter, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
