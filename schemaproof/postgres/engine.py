"""The machine's Docker engine: whether one answers, and a client of it."""

import contextlib
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from schemaproof.postgres.errors import PostgresError

if TYPE_CHECKING:
    import docker

# How long an engine may take to answer before it counts as absent (issue 2, section 3).
TIMEOUT = 2  # seconds

# For everything that is asked of one that answered: a busy engine is slow to list, start and remove.
_REQUEST_TIMEOUT = 30  # seconds

_NO_ANSWER = f"no Docker engine answered within {TIMEOUT} s"
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
            f"the Docker engine is on another machine ({host}), whose loopback this one can't reach",
            remedy="Start a server there yourself and pass --postgres=URL, or use --postgres=embedded.",
        )
    try:
        _ping(host)
    except OSError as error:
        raise unreachable(host, error) from error
    with errors_told():
        return DockerClient(timeout=_REQUEST_TIMEOUT).client


def unreachable(host: str, error: OSError) -> PostgresError:
    """Why the engine at ``host`` can't be asked, and what to do about that, by the kind of ``error``."""
    path = urlsplit(host).path if host.startswith("unix:") else ""
    named = os.environ.get("DOCKER_HOST") == host
    if isinstance(error, PermissionError):
        return PostgresError(
            f"permission denied on the Docker engine's socket {path or host}",
            evidence=f"{host}: {error}",
            remedy="sudo usermod -aG docker $USER, then log in again; or use --postgres=embedded.",
        )
    if named:
        return PostgresError(
            f"{_NO_ANSWER} at DOCKER_HOST={host}",
            evidence=str(error),
            remedy="Start the engine there, or unset DOCKER_HOST (`docker context ls` lists the engines); or use"
            " --postgres=embedded.",
        )
    other = next((one for one in _other_sockets() if one.is_socket()), None)
    if other is not None:
        return PostgresError(
            f"no Docker engine answers at {path or host}, but one has its socket at {other}",
            evidence=f"{host}: {error}",
            remedy=f"export DOCKER_HOST=unix://{other}, or use --postgres=embedded.",
        )
    cause = f"no Docker engine: there is no socket {path}" if isinstance(error, FileNotFoundError) else _NO_ANSWER
    return PostgresError(cause, evidence=f"{host}: {error}", remedy=_REMEDY)


def _other_sockets() -> Iterator[Path]:
    """Where engines that run without root listen (Docker's and Podman's manuals)."""
    runtime = os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    yield Path(runtime, "docker.sock")
    yield Path.home() / ".docker" / "run" / "docker.sock"
    yield Path(runtime, "podman", "podman.sock")
    yield Path("/run/podman/podman.sock")


@contextlib.contextmanager
def errors_told() -> Iterator[None]:
    """Turn errors in talking to the engine into one with a remedy.

    Raises:
        PostgresError: instead of docker-py's errors and those of its transport.
    """
    try:
        import docker.errors
        import requests
    except ImportError:  # then ``connect`` refuses
        yield
        return

    try:
        yield
    except (docker.errors.DockerException, requests.RequestException) as error:
        raise _refused(error) from error


def _refused(error: Exception) -> PostgresError:
    """Why a request failed, by its kind: of the engine's answers, only some have a code of their own."""
    import docker.errors
    import requests

    causes = set(map(type, _chain(error)))
    status = error.status_code if isinstance(error, docker.errors.APIError) else None
    cause, remedy = "the Docker engine answers, but rejected or dropped a request", "See `docker info`"
    if any(issubclass(one, PermissionError) for one in causes) or status in {401, 403}:
        cause, remedy = "the Docker engine denies permission", "sudo usermod -aG docker $USER, then log in again"
    elif any(issubclass(one, requests.exceptions.SSLError | docker.errors.TLSParameterError) for one in causes):
        cause = "the Docker engine requires TLS, with other certificates than those configured"
        remedy = "Set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH to the folder of ca.pem, cert.pem and key.pem"
    elif _is_version(error):
        cause = "the Docker engine and docker-py speak different versions of its API"
        remedy = "pip install -U docker, or update the engine"
    elif is_disk_full(error):
        cause, remedy = "the Docker engine's disk is full", "docker system prune"
    return PostgresError(cause, evidence=str(error), remedy=f"{remedy}; or use --postgres=embedded.")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """``error`` and what it came from."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _is_version(error: Exception) -> bool:
    # The engine has no code for it (HTTP 400), docker-py no class.
    return "client version" in str(error) or "API version" in str(error)


def is_disk_full(error: Exception) -> bool:
    """Whether the engine says so; it has no code for that (HTTP 500)."""
    return "no space left on device" in str(error)


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
