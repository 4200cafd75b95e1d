"""The broker: who gets which answer, in the controller and in other processes."""

import pickle
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import pytest

from schemaproof.postgres import PostgresError
from schemaproof.postgres.broker import Address, Broker

starts: list[str] = []


def no_server() -> Any:
    """A start that fails."""
    starts.append("tried")
    raise PostgresError("out of order", evidence="the log", remedy="mend it")


@contextmanager
def some_server() -> Iterator[Any]:
    """What stands for a server where nobody uses it."""
    yield "a server"


def answer_within(seconds: float, address: Address) -> object:
    """What is answered at ``address``; None when nothing is within ``seconds``."""
    answers: list[object] = []
    # A daemon: where nothing is answered, it waits on, and must not keep the run from ending.
    asking = threading.Thread(target=lambda: answers.append(address.ask()), daemon=True)
    asking.start()
    asking.join(seconds)
    return answers[0] if answers else None


@pytest.fixture
def broker() -> Iterator[Broker]:
    broker = Broker(some_server)
    yield broker
    broker.close()


def test_broker_listens_on_the_loopback_alone(broker: Broker) -> None:
    port = broker.address.port
    listening = [c.laddr for c in psutil.Process().net_connections() if c.status == psutil.CONN_LISTEN]
    assert [address.ip for address in listening if address.port == port] == ["127.0.0.1"]


def test_broker_answers_nobody_who_has_not_its_key(broker: Broker) -> None:
    other = Broker(some_server)
    stranger = Address(broker.address.host, broker.address.port, other.address.key)
    other.close()
    with pytest.raises(PostgresError, match="does not answer"):
        stranger.ask()


def test_broker_answers_others_after_a_caller_that_hung_up(broker: Broker) -> None:
    socket.create_connection((broker.address.host, broker.address.port)).close()
    assert answer_within(20, broker.address) == "a server"


def test_broker_tells_other_processes_why_there_is_no_server_and_does_not_try_again() -> None:
    starts.clear()
    broker = Broker(no_server)
    for _ in range(2):
        with pytest.raises(PostgresError, match="out of order") as caught:
            broker.address.ask()
        assert (caught.value.evidence, caught.value.remedy) == ("the log", "mend it")
    broker.close()
    assert starts == ["tried"]


def test_error_is_the_same_after_pickling() -> None:
    error = PostgresError("cause", evidence="evidence", remedy="remedy")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301 (our own)


def broken_start() -> Any:
    """A start that fails in a way that nobody foresaw."""
    raise PermissionError("the real cause")


def test_broker_tells_other_processes_what_nobody_foresaw() -> None:
    broker = Broker(broken_start)
    with pytest.raises(PostgresError) as caught:
        broker.address.ask()
    broker.close()
    assert "PermissionError: the real cause" in caught.value.evidence


def test_broker_answers_others_beside_a_caller_that_says_nothing(broker: Broker) -> None:
    with socket.create_connection((broker.address.host, broker.address.port)):
        assert answer_within(20, broker.address) == "a server"


def test_broker_that_is_closed_starts_nothing() -> None:
    broker = Broker(some_server)
    broker.close()
    with pytest.raises(PostgresError, match="The run is ending"):
        broker.ask()
