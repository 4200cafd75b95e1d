"""What is said where the Docker engine can't be used: the cause, and what to type."""

import os
import socket
from pathlib import Path
from typing import Any

import docker.errors
import pytest
import requests

from schemaproof.postgres import Options, PostgresError, choose, engine
from schemaproof.postgres.container import _unavailable
from tests.schemaproof.postgres.engines import absent_engine

SOCKET = "unix:///var/run/docker.sock"


@pytest.fixture(autouse=True)
def nowhere_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No engine of an ordinary user, and no DOCKER_HOST."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    return tmp_path


def test_socket_without_permission_is_told_with_its_path_and_the_command() -> None:
    told = engine.unreachable(SOCKET, PermissionError(13, "Permission denied"))
    assert told.cause == "permission denied on the Docker engine's socket /var/run/docker.sock"
    assert told.remedy.startswith("sudo usermod -aG docker $USER, then log in again")
    assert "--postgres=embedded" in told.remedy


def test_header_says_why_the_embedded_server_was_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def denied(_host: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(engine, "_ping", denied)
    monkeypatch.setenv("DOCKER_HOST", absent_engine(tmp_path))
    choice = choose(Options())
    assert choice.provider == "embedded"
    assert choice.why.startswith("permission denied on the Docker engine's socket /")


def test_docker_host_that_points_nowhere_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    told = engine.unreachable("tcp://127.0.0.1:1", ConnectionRefusedError(111, "Connection refused"))
    assert told.cause.endswith("at DOCKER_HOST=tcp://127.0.0.1:1")
    assert "unset DOCKER_HOST" in told.remedy


def test_missing_socket_is_told_as_no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_other_sockets", lambda: iter(()))
    told = engine.unreachable("unix:///nowhere/docker.sock", FileNotFoundError(2, "No such file or directory"))
    assert told.cause == "no Docker engine: there is no socket /nowhere/docker.sock"
    assert told.remedy.startswith("Start Docker")


def test_engine_of_an_ordinary_user_is_pointed_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        path = tmp_path / "docker.sock"
        listener.bind(os.fspath(path))
        monkeypatch.setattr(engine, "_other_sockets", lambda: iter([tmp_path / "podman.sock", path]))
        told = engine.unreachable(SOCKET, FileNotFoundError(2, "No such file or directory"))
    assert f"export DOCKER_HOST=unix://{path}" in told.remedy


def answered(status: int, text: str) -> docker.errors.APIError:
    response = requests.Response()
    response.status_code = status
    return docker.errors.APIError(text, response=response, explanation=text)


@pytest.mark.parametrize(
    ("error", "cause", "remedy"),
    [
        (requests.exceptions.SSLError("bad certificate"), "requires TLS", "DOCKER_CERT_PATH"),
        (docker.errors.TLSParameterError("no ca"), "requires TLS", "DOCKER_CERT_PATH"),
        (answered(400, "client version 1.12 is too old"), "different versions of its API", "pip install -U docker"),
        (answered(500, "write /var/lib: no space left on device"), "disk is full", "docker system prune"),
        (answered(403, "denied"), "denies permission", "usermod -aG docker"),
        (answered(500, "boom"), "rejected or dropped a request", "docker info"),
    ],
)
def test_engine_that_refuses_is_told_with_its_cause(error: Exception, cause: str, remedy: str) -> None:
    with pytest.raises(PostgresError) as caught, engine.errors_told():
        raise error
    assert cause in caught.value.cause
    assert remedy in caught.value.remedy
    assert "--postgres=embedded" in caught.value.remedy


@pytest.mark.parametrize(
    ("error", "cause", "remedy"),
    [
        (answered(401, "unauthorized"), "requires a login", "docker login"),
        (answered(404, "not found"), "no such image", "docker pull x:1"),
        (answered(429, "toomanyrequests"), "the pull limit", "docker login"),
        (answered(500, "no space left on device"), "disk is full", "docker system prune"),
        (requests.ConnectionError("no route"), "can't be pulled.", "Check the name and the network"),
    ],
)
def test_image_that_is_not_to_be_had_is_told_with_its_cause(error: Any, cause: str, remedy: str) -> None:
    told = _unavailable("x:1", error)
    assert cause in told.cause
    assert remedy in told.remedy
