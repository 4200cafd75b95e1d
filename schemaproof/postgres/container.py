"""The container provider: a Docker image through testcontainers, its port published on the loopback only."""

import contextlib
import re
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from sqlalchemy import URL

from schemaproof.postgres import engine
from schemaproof.postgres.errors import PostgresError
from schemaproof.postgres.owner import Owner
from schemaproof.postgres.password import set_password
from schemaproof.postgres.ports import is_free, lasting_port
from schemaproof.postgres.settings import arguments, durable_arguments

if TYPE_CHECKING:
    import docker
    from testcontainers.core.container import DockerContainer

_START_TIMEOUT = 60.0  # seconds, without the pull, with recovery after a crash; measured: 0.6
_PULL_TIMEOUT = 600  # seconds without a byte; a slow download is no error
_POLL = 0.01  # seconds between two tries to connect to a server that is starting
_KILL_TIMEOUT = 30  # seconds
_LABEL = "schemaproof.owner"
_PORT = "5432/tcp"

# Below this, a data directory in the engine's memory would crowd out what it is there for.
_TMPFS_ROOM = 4 << 30  # bytes

# Between choosing a free port and the engine's taking it another process may take it; then the next one is tried.
_PORTS_TRIED = 5

# Neither the image's PGDATA nor below its volume: the official image moved both in version 18.
_DATA = "/schemaproof"


class ImageUnavailableError(PostgresError):
    """The image is not on this machine and can't be pulled."""


@dataclass
class Container:
    """A running container; :meth:`stop` removes it.

    One that was started as a durable one can also be killed and run again on its data.
    """

    url: URL
    _container: "DockerContainer"

    @property
    def container_id(self) -> str:
        """The engine's id of the container."""
        return str(self._container.get_wrapped_container().id)

    def kill(self) -> None:
        """SIGKILL to every process of the container; returns when none runs. Its files stay. No error on a dead one.

        Raises:
            PostgresError: when the engine does not do so.
        """
        import docker.errors

        wrapped = self._container.get_wrapped_container()
        with engine.errors_told():
            try:
                wrapped.kill()  # the first process, with which the kernel kills all others of the container
            except docker.errors.APIError:
                wrapped.reload()
                if wrapped.status == "running":
                    raise
            wrapped.wait(timeout=_KILL_TIMEOUT)

    def restart(self) -> None:
        """Run a container that was killed again, and return when its server has recovered and takes connections.

        Raises:
            ValueError: when it runs.
            PostgresError: when it does not take a connection within 60 s; the container's log is the evidence.
        """
        wrapped = self._container.get_wrapped_container()
        with engine.errors_told():
            wrapped.reload()
            if wrapped.status == "running":
                raise ValueError("the server runs: kill it first")
            wrapped.start()
        _connect(self, str(wrapped.attrs["Config"]["Image"])).close()

    def stop(self) -> None:
        """Remove the container and its volumes; one that is gone already is no error."""
        import docker.errors

        with engine.errors_told(), contextlib.suppress(docker.errors.NotFound):
            self._container.stop()


def image_version(client: "docker.DockerClient", image: str) -> str | None:
    """The PostgreSQL version that ``image`` says it holds ("16.11", "17"); None if it is not here or says nothing."""
    import docker.errors

    try:
        environment = client.images.get(image).attrs["Config"]["Env"] or []
    except docker.errors.ImageNotFound:
        return None
    variables = dict(line.partition("=")[::2] for line in environment)
    full = re.match(r"[\d.]+", variables.get("PG_VERSION", "") or variables.get("PG_MAJOR", ""))
    path = re.search(r"/postgresql/(\d+)/bin", variables.get("PATH", ""))
    return full[0] if full else path[1] if path else None


def ensure_image(client: "docker.DockerClient", image: str, progress: Callable[[str], None]) -> None:
    """Pull ``image`` unless the engine has it.

    Raises:
        ImageUnavailableError: when it can't be pulled.
    """
    import docker.errors
    import requests

    try:
        client.images.get(image)
    except docker.errors.ImageNotFound:
        progress(f"pulling {image}, once on this machine")
        client.api.timeout = _PULL_TIMEOUT
        try:
            client.images.pull(image)
        except (docker.errors.APIError, requests.RequestException) as error:
            raise _unavailable(image, error) from error


def _unavailable(image: str, error: Exception) -> ImageUnavailableError:
    """Why ``image`` can't be pulled, by the registry's or the engine's answer."""
    import docker.errors

    status = error.status_code if isinstance(error, docker.errors.APIError) else None
    why, remedy = "", "Check the name and the network"
    if isinstance(error, docker.errors.NotFound) or status == 404:
        why, remedy = ": its registry has no such image, or requires a login", f"Check the name; docker pull {image}"
    elif status in {401, 403}:
        why, remedy = ": its registry requires a login", f"docker login, then docker pull {image}"
    elif status == 429:
        why, remedy = ": the pull limit of its registry is reached", f"docker login, then docker pull {image}"
    elif engine.is_disk_full(error):
        why, remedy = ": the engine's disk is full", "docker system prune"
    return ImageUnavailableError(
        f"The image {image} is not on this machine and can't be pulled{why}.",
        evidence=str(error),
        remedy=f"{remedy}, use another image (--postgres-image), or use --postgres=embedded.",
    )


def start(image: str, owner: Owner, progress: Callable[[str], None], *, durable: bool = False) -> Container:
    """A new container of ``image``, ready for connections, with a random password.

    Args:
        image: its name; pulled if the engine does not have it.
        owner: written into a label, by which a later run finds what this one left.
        progress: called before anything that takes over a second.
        durable: whether committed data survives a kill; for one that is killed and started again.

    Raises:
        ImageUnavailableError: if the image is not available.
        PostgresError: if its server does not start; the container's log is the evidence.
    """
    with engine.errors_told(), contextlib.closing(engine.connect()) as client:
        ensure_image(client, image, progress)
        memory = client.info()["MemTotal"] >= _TMPFS_ROOM
    password = secrets.token_urlsafe(24)
    if not durable:
        return _run(_configured(image, owner, password, memory=memory), owner, password)
    for _ in range(_PORTS_TRIED - 1):
        port = lasting_port()
        try:
            return _run(_durable(image, owner, password, port), owner, password)
        except PostgresError:
            if is_free(port):  # it was not for the port
                raise
    return _run(_durable(image, owner, password, lasting_port()), owner, password)


def _run(container: "DockerContainer", owner: Owner, password: str) -> Container:
    """Start the container, wait for its server and set its password; nothing is left where that fails."""
    name = f"schemaproof-{owner.token}-{secrets.token_hex(3)}"
    container.with_name(name)
    try:
        with engine.errors_told(), _without_ryuk():
            container.start()
            container.get_wrapped_container().reload()
        published = container.get_wrapped_container().ports[_PORT] or []
        port = int(published[0]["HostPort"])
        server = Container(URL.create("postgresql", "postgres", password, "127.0.0.1", port, "postgres"), container)
        with _connect(server, container.image) as connection:
            set_password(connection, "postgres", password)
    except BaseException:
        container.get_docker_client().client.close()
        _discard(name)
        raise
    return server


def _discard(name: str) -> None:
    """Remove the container ``name``, however far its start came; an interrupt may come before we know its id."""
    import docker.errors

    with contextlib.closing(engine.connect()) as client, contextlib.suppress(docker.errors.NotFound):
        client.api.remove_container(name, v=True, force=True)


def sweep(client: "docker.DockerClient") -> None:
    """Remove the containers that runs left behind whose process is gone."""
    import docker.errors
    import requests

    # ignore_removed: another run may end while these are listed.
    for container in client.containers.list(all=True, filters={"label": _LABEL}, ignore_removed=True):
        owner = Owner.find(container.labels[_LABEL])
        if owner is not None and owner.gone():
            with contextlib.suppress(docker.errors.APIError, requests.RequestException):  # another run sweeps as well
                container.remove(force=True, v=True)


def _configured(image: str, owner: Owner, password: str, *, memory: bool) -> "DockerContainer":
    """A container that is gone with its first end: its data is in memory where there is room, its port is any."""
    container = _basic(image, owner, password, arguments())
    if memory and hasattr(container, "tmpfs"):
        container.tmpfs[_DATA] = "rw"
    elif memory:  # testcontainers before 4.14 hands it on to docker-py
        container._kwargs["tmpfs"] = {_DATA: "rw"}
    # with_exposed_ports would publish on every address of the machine.
    container.ports[_PORT] = ("127.0.0.1", None)  # type: ignore[assignment]  # docker takes an address too
    return container


def _durable(image: str, owner: Owner, password: str, port: int) -> "DockerContainer":
    """A container that can be started again: its data is in its own layer, and its port is always ``port``.

    A tmpfs is emptied when the container ends, and a port that the engine chose is another one at the next start.
    """
    # Before a recovery all files are synced: one call for all takes half the time of one for each (14 and newer).
    settings = [*durable_arguments(), "-c", "recovery_init_sync_method=syncfs"]
    container = _basic(image, owner, password, settings)
    container.ports[_PORT] = ("127.0.0.1", port)  # type: ignore[assignment]  # docker takes an address too
    return container


def _basic(image: str, owner: Owner, password: str, settings: list[str]) -> "DockerContainer":
    from testcontainers.core.container import DockerContainer

    given: dict[str, Any] = {"labels": {_LABEL: owner.token}, "shm_size": "256m"}
    container = DockerContainer(image).with_kwargs(**given).with_command(["postgres", *settings])
    variables = {
        "POSTGRES_USER": "postgres",
        "POSTGRES_PASSWORD": password,
        "POSTGRES_DB": "postgres",
        "POSTGRES_INITDB_ARGS": "--encoding=UTF8 --locale=C.UTF-8 --no-sync",
        "PGDATA": f"{_DATA}/data",
    }
    for name, value in variables.items():  # with_envs() is not in testcontainers 4.3
        container.with_env(name, value)
    return container


@contextlib.contextmanager
def _without_ryuk() -> Iterator[None]:
    """Keep testcontainers' reaper out of it: our sweep does its work, without another image and container."""
    from testcontainers.core.config import testcontainers_config

    before = testcontainers_config.ryuk_disabled
    testcontainers_config.ryuk_disabled = True
    try:
        yield
    finally:
        testcontainers_config.ryuk_disabled = before


def _connect(server: Container, image: str) -> "psycopg.Connection[tuple[object, ...]]":
    """A connection over TCP, as soon as the server takes one; while the image sets itself up it listens on no port."""
    import docker.errors

    wrapped = server._container.get_wrapped_container()
    deadline = time.monotonic() + _START_TIMEOUT
    while True:
        try:
            return psycopg.connect(server.url.render_as_string(hide_password=False), connect_timeout=5)
        except psycopg.OperationalError as error:
            with engine.errors_told():
                wrapped.reload()
            if wrapped.status != "running" or time.monotonic() > deadline:
                log = ""
                with contextlib.suppress(docker.errors.APIError):
                    log = wrapped.logs(tail=15).decode(errors="replace")
                raise PostgresError(
                    f"No PostgreSQL server started in the container of {image} (status: {wrapped.status}).",
                    evidence=log,
                    remedy="Read its log above. The image must accept the official image's environment variables"
                    " (POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_INITDB_ARGS, PGDATA).",
                ) from error
        time.sleep(_POLL)
