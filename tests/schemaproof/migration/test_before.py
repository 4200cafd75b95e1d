"""What ``before`` makes ready for env.py: when it is called, what becomes of what it returns, and errors."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from schemaproof.migration.footing import footing
from schemaproof.migration.history import open_history
from schemaproof.postgres import Server
from schemaproof.project.subject import Subject, SubjectError
from tests.schemaproof.projects import ENV, make_project, table

ENTERED = "import application\nassert application.log[-1] == 'entered', application.log\n"

APPLICATION = """
import os
from contextlib import contextmanager

log = []
urls = []


@contextmanager
def context():
    urls.append(os.environ["DATABASE_URL"])
    log.append("entered")
    yield
    log.append("left")


class Application:
    def app_context(self):
        return context()


def create():
    return Application()


def fill():
    log.append("entered")


async def asynchronous(): ...


def broken():
    raise ValueError("no settings")


@contextmanager
def never_left():
    yield log.append("entered")
    raise ValueError("can't be left")


number = 3
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Callable[[str], Subject]]:
    """A project whose env.py needs the application, with a ``before`` of this name in it."""
    path = sys.path[:]

    def made(name: str) -> Subject:
        (tmp_path / "application.py").write_text(APPLICATION)
        subject = make_project(tmp_path, [table("t")], env=ENTERED + ENV)
        return replace(subject, before=f"application:{name}")

    yield made
    sys.path[:] = path
    sys.modules.pop("application", None)


def log() -> list[str]:
    """What the application has written down."""
    found: list[str] = sys.modules["application"].log
    return found


@pytest.mark.parametrize("name", ["context", "create"])
def test_context_that_before_returns_is_entered_once_and_left_at_the_end(
    project: Callable[[str], Subject], own_server: Server, name: str
) -> None:
    with open_history(project(name), own_server) as history:
        assert history.stairs("0001").clean
        history.head_catalog()
        assert log() == ["entered"]
    assert log() == ["entered", "left"]


def test_histories_of_one_examination_share_what_was_entered(
    project: Callable[[str], Subject], own_server: Server
) -> None:
    subject = project("context")
    with footing(own_server) as ground:
        for _ in range(2):
            with open_history(subject, own_server, footing=ground) as history:
                assert history.stairs("0001").clean
        assert log() == ["entered"]
    assert log() == ["entered", "left"]


def test_before_that_returns_nothing_is_called_once(project: Callable[[str], Subject], own_server: Server) -> None:
    with open_history(project("fill"), own_server) as history:
        assert history.stairs("0001").clean
    assert log() == ["entered"]


def test_before_is_told_the_url_of_each_driver_that_is_tried(
    project: Callable[[str], Subject], own_server: Server
) -> None:
    """Asyncpg serves no synchronous engine: what has its URL is left, and made anew."""
    with open_history(replace(project("context"), driver=None), own_server) as history:
        assert sys.modules["application"].urls == [history.environment._url_text]
        assert log() == ["entered"]


def test_env_py_that_needs_an_application_fails_without_before(
    project: Callable[[str], Subject], own_server: Server
) -> None:
    subject = replace(project("context"), before=None)
    sys.path.insert(0, str(subject.project))
    with (
        pytest.raises(SubjectError, match=r"env\.py fails before any revision runs"),
        open_history(subject, own_server),
    ):
        pass


@pytest.mark.parametrize(
    ("name", "cause", "evidence"),
    [
        (
            "broken",
            "before = application:broken fails (with the driver psycopg).",
            "ValueError: no settings\n  at appl",
        ),
        ("asynchronous", "before = application:asynchronous fails", "name a function that calls asyncio.run()"),
        ("number", "before = application:number fails", "TypeError: it is of type int, not a function"),
        ("missing", "before application:missing can't be imported: AttributeError", ""),
    ],
)
def test_before_that_fails_is_named_with_its_error(
    project: Callable[[str], Subject], own_server: Server, name: str, cause: str, evidence: str
) -> None:
    with pytest.raises(SubjectError) as caught, open_history(project(name), own_server):
        pass
    assert caught.value.cause.startswith(cause)
    assert evidence in caught.value.evidence


def test_context_that_cannot_be_left_is_told(project: Callable[[str], Subject], own_server: Server) -> None:
    with (
        pytest.raises(SubjectError, match="The context that application:never_left returned fails when it is left"),
        open_history(project("never_left"), own_server),
    ):
        pass
