"""The machine's Docker engine: whether one answers, and a client of it."""

import contextlib
import re
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from schemaproof.postgres.errors import PostgresError

if TYPE_CHECKING:
    import docker

# How long an engine may take to answer before it counts as absent (issue 2, section 3).
TIMEOUT = 2  # seconds

# For everything that is asked of one that answered: a busy engine is slow to list, start and remove.
_REQUEST_TIMEOUT = 30  # seconds

_REMEDY = "Start Docker, or use --postgres=embedded or --postgres=URL."
_DEFAULT = "unix:///var/run/docker.sock"
_PING = b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n"


def connect() -> "docker.DockerClient":
    """A client of this machine's Docker engine, which answers within 2 s.

    Raises:
        PostgresError: when testcontainers is not installed, no engine answers, or it is on another machine.
    """
    try:
        from testcontainers.core.docker_client import DockerClient, get_docker_host
    except ImportError as error:
        raise PostgresError(
            f"testcontainers is not installed ({error.name})", remedy="pip install 'schemaproof[container]'."
        ) from error
    host = get_docker_host() or _DEFAULT
    if not is_local(host):
        raise PostgresError(
            f"the Docker engine is on another machine ({host}), where the loopback is not this one's",
            remedy="Start a server there yourself and name it with --postgres=URL, or use --postgres=embedded.",
        )
    try:
        _ping(host)
    except OSError as error:
        raise PostgresError(
            f"no Docker engine answered within {TIMEOUT} s", evidence=f"{host}: {error}", remedy=_REMEDY
        ) from error
    with errors_told():
        return DockerClient(timeout=_REQUEST_TIMEOUT).client


@contextlib.contextmanager
def errors_told() -> Iterator[None]:
    """Turn what goes wrong between us and the engine into an error with a remedy.

    Raises:
        PostgresError: instead of docker-py's errors and those of its transport.
    """
    import docker.errors
    import requests

    try:
        yield
    except (docker.errors.DockerException, requests.RequestException) as error:
        raise PostgresError(
            "the Docker engine answers, but refused or broke off a request", evidence=str(error), remedy=_REMEDY
        ) from error


def is_local(host: str) -> bool:
    """Whether the DOCKER_HOST ``host`` is an engine of this machine."""
    return bool(re.match(r"unix://|(tcp|https?)://(127\.|localhost\b|\[::1\])", host))


def _ping(host: str) -> None:
    """Return when the engine at ``host`` answers. docker-py's own ping leaves a socket open when none does.

    Raises:
        OSError: when none does, within the time.
    """
    parts = urlsplit(host)
    with contextlib.ExitStack() as stack:
        if parts.scheme == "unix":
            connection = stack.enter_context(socket.socket(socket.AF_UNIX))
            connection.settimeout(TIMEOUT)
            connection.connect(parts.path)
        else:
            address = (parts.hostname or "127.0.0.1", parts.port or 2375)
            connection = stack.enter_context(socket.create_connection(address, TIMEOUT))
        connection.sendall(_PING)
        # One that speaks TLS answers this too, with an alert.
        if not connection.recv(1):
            raise ConnectionError("it closed the connection")
