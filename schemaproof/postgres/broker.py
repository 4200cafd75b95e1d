"""One server for all processes of a test run: started by the first that asks, owned by the controller.

The xdist workers ask over an authenticated loopback connection and get the :class:`Server` as data. So nothing is
started when nothing asks, and no worker's death takes the server along.
"""

import contextlib
import secrets
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from functools import cached_property
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
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
        except (OSError, EOFError) as error:
            raise PostgresError(
                "The process that owns the PostgreSQL server does not answer.", remedy="Run again."
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
                try:
                    self._answer = self._stack.enter_context(self._open())
                except PostgresError as error:
                    self._answer = error
        if isinstance(self._answer, PostgresError):
            raise self._answer
        return self._answer

    @cached_property
    def address(self) -> Address:
        """Where other processes ask; it is listened at from the first use on."""
        key = secrets.token_hex(16)
        self._listener = Listener(("127.0.0.1", 0), authkey=key.encode())
        threading.Thread(target=self._serve, args=[self._listener], daemon=True, name="schemaproof-broker").start()
        host, port = self._listener.address  # a pair, as the family is AF_INET
        return Address(str(host), int(port), key)

    def close(self) -> None:
        """Stop listening and stop the server, if there is one."""
        self._closed = True
        if self._listener is not None:
            self._listener.close()
        with self._lock:
            self._stack.close()

    def _serve(self, listener: Listener) -> None:
        while True:
            try:
                connection = listener.accept()
            except (OSError, EOFError, AuthenticationError):
                if self._closed:
                    return
                continue  # one caller that went away, or had no key, is no reason to leave the others alone
            # A thread each: a worker that asks while the server starts must not keep the others from connecting.
            threading.Thread(target=self._reply, args=[connection], daemon=True).start()

    def _reply(self, connection: "Connection[object, object]") -> None:
        with connection, contextlib.suppress(OSError):
            try:
                connection.send(self.ask())
            except PostgresError as error:
                connection.send(error)
