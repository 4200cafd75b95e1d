"""The container provider, where an engine answers."""

import dataclasses
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import docker
import psycopg
import pytest

from schemaproof.postgres import Options, PostgresError, container, start
from schemaproof.postgres.container import Container
from schemaproof.postgres.owner import Owner
from tests.schemaproof.postgres.test_owner import NO_PID


@pytest.fixture(scope="module")
def image(engine: docker.DockerClient) -> str:
    """The image that the run's options name."""
    name = Options.read(Path(__file__).parents[3]).image
    try:
        container.ensure_image(engine, name, progress=print)
    except PostgresError as error:
        pytest.skip(f"containers need an image: {error.cause}")
    return name


@pytest.fixture(scope="module")
def server(engine: docker.DockerClient, image: str) -> Iterator[Container]:
    del engine  # asked for so that there is one
    server = container.start(image, Owner.current(), progress=print)
    yield server
    server.stop()


def ours(engine: docker.DockerClient, owner: Owner) -> list[str]:
    """The containers that carry the owner's label."""
    found = engine.containers.list(all=True, filters={"label": f"{container._LABEL}={owner.token}"})
    return [str(each.id) for each in found]


def test_container_publishes_its_port_on_the_loopback_alone(engine: docker.DockerClient, server: Container) -> None:
    ports = engine.containers.get(server.container_id).ports["5432/tcp"]
    assert ports is not None
    assert [published["HostIp"] for published in ports] == ["127.0.0.1"]


def test_container_refuses_another_password(server: Container) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url.set(password="postgres").render_as_string(hide_password=False))


def test_container_keeps_its_data_in_memory_and_is_not_durable(server: Container) -> None:
    with psycopg.connect(server.url.render_as_string(hide_password=False)) as connection:
        directory, fsync = connection.execute(
            "SELECT current_setting('data_directory'), current_setting('fsync')"
        ).fetchone() or ("", "")
    assert directory.startswith(container._DATA)
    assert fsync == "off"


def test_container_choice_tells_the_major_version_that_then_runs(
    engine: docker.DockerClient, image: str, server: Container
) -> None:
    with psycopg.connect(server.url.render_as_string(hide_password=False)) as connection:
        major = str(connection.info.server_version // 10000)
    assert (container.image_version(engine, image) or "").split(".")[0] == major


def test_container_that_is_stopped_is_removed(engine: docker.DockerClient, image: str) -> None:
    owner = Owner("0" * 8, os.getpid(), 1)
    server = container.start(image, owner, progress=print)
    assert len(ours(engine, owner)) == 1
    server.stop()
    assert ours(engine, owner) == []


def test_container_of_a_killed_process_is_swept_and_others_are_not(
    engine: docker.DockerClient, image: str, server: Container
) -> None:
    program = (
        "import sys; from schemaproof.postgres import container; from schemaproof.postgres.owner import Owner;"
        f"owner = Owner.current(); container.start({image!r}, owner, print); print(owner.token, flush=True);"
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        owner = Owner.find(process.stdout.readline())
        process.kill()
    assert owner is not None
    assert len(ours(engine, owner)) == 1
    container.sweep(engine)
    assert ours(engine, owner) == []
    assert engine.containers.get(server.container_id).status == "running"


def test_image_that_is_not_to_be_had_is_an_error_that_names_it(engine: docker.DockerClient) -> None:
    del engine
    told: list[str] = []
    with pytest.raises(PostgresError) as caught:
        # No registry has this host, and none is asked: .invalid never resolves (RFC 2606).
        container.start("registry.invalid/no/such:1", Owner.current(), told.append)
    assert "registry.invalid/no/such:1 is not on this machine and can't be pulled" in caught.value.cause
    assert told == ["pulling registry.invalid/no/such:1, once on this machine"]


def test_image_whose_server_does_not_start_is_an_error_with_its_log(
    engine: docker.DockerClient, image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container, "arguments", lambda: ["-c", "no_such_setting=1"])
    owner = Owner("0" * 8, os.getpid(), 2)
    with pytest.raises(PostgresError) as caught:
        container.start(image, owner, progress=print)
    assert "no_such_setting" in caught.value.evidence
    assert ours(engine, owner) == []


def test_container_whose_image_is_not_to_be_had_is_an_error_and_no_other_server(engine: docker.DockerClient) -> None:
    del engine
    with pytest.raises(PostgresError, match="can't be pulled"):
        start(Options(provider="container", image="registry.invalid/no/such:1")).__enter__()


def test_start_sweeps_the_containers_that_killed_runs_left(engine: docker.DockerClient, image: str) -> None:
    gone = dataclasses.replace(Owner.current(), pid=NO_PID)
    engine.containers.create(image, labels={container._LABEL: gone.token})
    with start(Options(provider="container", image=image)):
        assert ours(engine, gone) == []


def test_containers_data_is_in_memory_locale_c_utf8_and_password_its_own(
    engine: docker.DockerClient, image: str
) -> None:
    one, two = (container.start(image, Owner.current(), print) for _ in range(2))
    try:
        assert one.url.password != two.url.password
        assert container._DATA in engine.containers.get(one.container_id).attrs["HostConfig"]["Tmpfs"]
        with psycopg.connect(one.url.render_as_string(hide_password=False)) as connection:
            query = "SELECT datcollate, pg_encoding_to_char(encoding) FROM pg_database WHERE datname = 'template0'"
            assert connection.execute(query).fetchone() == ("C.UTF-8", "UTF8")
    finally:
        one.stop()
        two.stop()
