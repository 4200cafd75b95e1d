"""One server for all processes of a test run: started by the first that asks, owned by the controller.

The xdist workers ask over an authenticated loopback connection and get the :class:`Server` as data. So nothing is
started when nothing asks, and no worker's death takes the server along.
"""

import contextlib
import secrets
import threading
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from functools import cached_property
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener, answer_challenge, deliver_challenge
from typing import TYPE_CHECKING, cast

from schemaproof.postgres.errors import PostgresError

if TYPE_CHECKING:
    from schemaproof.postgres.databases import Server


@dataclass(frozen=True)
class Address:
    """Where a worker asks; plain data that xdist can send (strings and integers)."""

    host: str
    port: int
    key: str

    def ask(self) -> "Server":
        """The run's server, started now if nobody asked before.

        Raises:
            PostgresError: as raised in the controller, or when the controller is gone.
        """
        try:
            with Client((self.host, self.port), authkey=self.key.encode()) as connection:
                answer = connection.recv()
        except (OSError, EOFError, AuthenticationError) as error:
            raise PostgresError(
                "The pytest process that owns the PostgreSQL server does not answer.",
                remedy="It was ended or is ending. Run again; without xdist (`-n 0`) you see what ends it.",
            ) from error
        if isinstance(answer, PostgresError):
            raise answer
        return cast("Server", answer)


class Broker:
    """Starts the server on the first request and stops it on :meth:`close`.

    Args:
        open_server: the context manager whose server is shared.
    """

    def __init__(self, open_server: Callable[[], "AbstractContextManager[Server]"]) -> None:
        self._open = open_server
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._answer: Server | PostgresError | None = None
        self._listener: Listener | None = None
        self._closed = False

    @property
    def server(self) -> "Server | None":
        """The server if it was started."""
        return None if isinstance(self._answer, PostgresError) else self._answer

    def ask(self) -> "Server":
        """The server, started on the first call; a start that failed is not tried again.

        Raises:
            PostgresError: when it does not start.
        """
        with self._lock:
            if self._answer is None:
                self._answer = self._start()
        if isinstance(self._answer, PostgresError):
            raise self._answer
        return self._answer

    def _start(self) -> "Server | PostgresError":
        if self._closed:
            return PostgresError(
                "The run is ending: no server is started any more.",
                remedy="Request the fixture postgres_server in a test, not in what runs after the last one.",
            )
        try:
            return self._stack.enter_context(self._open())
        except PostgresError as error:
            return error
        except Exception as error:  # noqa: BLE001 (told to every worker, instead of a connection that breaks off)
            return PostgresError(
                "The PostgreSQL server could not be started.",
                evidence="".join(traceback.format_exception(error)),
                remedy="Fix the error above, or start a server yourself and pass --postgres=URL.",
            )

    @cached_property
    def address(self) -> Address:
        """Where other processes ask; it is listened at from the first use on."""
        key = secrets.token_hex(16)
        self._listener = Listener(("127.0.0.1", 0))
        serve = threading.Thread(target=self._serve, args=[self._listener, key.encode()], daemon=True)
        serve.start()
        host, port = self._listener.address  # a pair, as the family is AF_INET
        return Address(str(host), int(port), key)

    def close(self) -> None:
        """Stop listening and stop the server, if there is one."""
        self._closed = True
        if self._listener is not None:
            self._listener.close()
        with self._lock:
            self._stack.close()

    def _serve(self, listener: Listener, key: bytes) -> None:
        while not self._closed:
            with contextlib.suppress(OSError):
                connection = listener.accept()
                # A thread each: neither a worker that asks while the server starts nor a stranger that says nothing
                # keeps the others from connecting.
                threading.Thread(target=self._reply, args=[connection, key], daemon=True).start()

    def _reply(self, connection: "Connection[object, object]", key: bytes) -> None:
        # What a caller does that went away, or has no key, concerns nobody else.
        with connection, contextlib.suppress(OSError, EOFError, AuthenticationError):
            deliver_challenge(connection, key)
            answer_challenge(connection, key)
            try:
                connection.send(self.ask())
            except PostgresError as error:
                connection.send(error)
