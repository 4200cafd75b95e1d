import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from schemaproof.postgres import Server
from schemaproof.proofs.failure import equivalence
from schemaproof.proofs.failure.fault import Fault

type Databases = Callable[[], set[str]]


@pytest.fixture
def own_server(postgres_server: Server) -> Iterator[Server]:
    """The run's server, on which what a test makes can be told from what other workers' tests make."""
    server = replace(postgres_server, run=secrets.token_hex(3))
    yield server
    server.close()


@pytest.fixture
def databases(own_server: Server) -> Databases:
    """The names of the databases that are on it in this test's name."""
    prefix = own_server._name("", "")
    return lambda: {name for name in own_server._names() if name.startswith(prefix)}


@pytest.fixture
def errors_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """One fault at each site: enough where it is not about what is injected."""
    monkeypatch.setattr(equivalence, "faults_at", lambda *_, **__: iter([Fault.ERROR]))


@pytest.fixture
def own_errors_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """One fault at each of a revision's own statements: enough where it is not about where it is injected either."""
    monkeypatch.setattr(equivalence, "faults_at", lambda site, **_: iter([Fault.ERROR] if site.own else []))


@pytest.fixture
def role() -> str:
    """A name for a role that no other test uses."""
    return f"schemaproof_role_{secrets.token_hex(4)}"
