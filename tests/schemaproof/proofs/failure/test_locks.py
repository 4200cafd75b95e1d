"""The table of locks that conflict, proved against PostgreSQL itself."""

from collections.abc import Iterator
from itertools import combinations

import psycopg
import pytest

from schemaproof.postgres import Server
from schemaproof.proofs.failure.locks import _CONFLICTS, _MODES, _SPELLED, blocking_mode


@pytest.fixture(scope="module")
def sessions(postgres_server: Server) -> Iterator[list[psycopg.Connection]]:
    """Two sessions on a database with a table ``t``."""
    with (
        postgres_server.create() as database,
        psycopg.connect(database.dsn) as one,
        psycopg.connect(database.dsn) as two,
    ):
        one.execute("CREATE TABLE t ()")
        one.commit()
        yield [one, two]


def conflict(sessions: list[psycopg.Connection], held: str, wanted: str) -> bool:
    """Whether one session waits for ``wanted`` where another has ``held``."""
    for session in sessions:
        session.rollback()
    sessions[0].execute(f"LOCK TABLE t IN {held} MODE")
    try:
        sessions[1].execute(f"LOCK TABLE t IN {wanted} MODE NOWAIT")
    except psycopg.errors.LockNotAvailable:
        return True
    return False


def test_conflicts_are_the_servers(sessions: list[psycopg.Connection]) -> None:
    found = {
        held: {wanted for wanted in _MODES if conflict(sessions, _SPELLED[held], _SPELLED[wanted])} for held in _MODES
    }
    assert found == _CONFLICTS


@pytest.mark.parametrize("wanted", _MODES)
def test_blocking_mode_makes_the_wanted_wait_beside_what_is_held(
    sessions: list[psycopg.Connection], wanted: str
) -> None:
    for held in [(), *((mode,) for mode in _MODES), *combinations(_MODES, 2)]:
        mode = blocking_mode(frozenset({wanted}), frozenset(held))
        if mode is not None:
            assert conflict(sessions, mode, _SPELLED[wanted])
            assert not any(conflict(sessions, _SPELLED[one], mode) for one in held)


@pytest.mark.parametrize("wanted", _MODES)
def test_there_is_a_blocking_mode_where_nothing_is_held(wanted: str) -> None:
    assert blocking_mode(frozenset({wanted}), frozenset()) is not None


def test_there_is_no_blocking_mode_beside_the_strongest() -> None:
    assert blocking_mode(frozenset(_MODES), frozenset({"AccessExclusiveLock"})) is None


def test_the_weakest_blocking_mode_is_taken() -> None:
    assert blocking_mode(frozenset({"AccessExclusiveLock"}), frozenset()) == "ACCESS SHARE"
