"""Docker engines that do not answer, in the two ways that there are."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def absent_engine(folder: Path) -> str:
    """A DOCKER_HOST at which nothing listens."""
    return f"unix://{folder / 'no-docker.sock'}"


@contextmanager
def silent_engine() -> Iterator[str]:
    """A DOCKER_HOST at which something takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"tcp://127.0.0.1:{listener.getsockname()[1]}"
