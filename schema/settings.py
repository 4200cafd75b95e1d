"""How the application connects: one frozen object, from arguments or from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import isfinite
from typing import Literal, Self, get_args

from sqlalchemy import URL

from schema.url import database_url, url_from_environment

# The prefix of the environment's names: DATABASE_URL, DATABASE_MAX_SIZE, ...
PREFIX = "DATABASE_"

# Settings that may be None: the server decides then.
_OPTIONAL = ("statement_timeout", "idle_in_transaction_timeout")

type PreparedStatements = Literal["named", "off"]


@dataclass(frozen=True, repr=False)
class Settings:
    """Where the database is and how its connections are kept; ``repr`` shows no password.

    Attributes:
        url: the database; :func:`schema.url.database_url` turns text into it.
        min_size: connections that ``start`` opens (FR-005).
        max_size: connections that are open at once, at most (FR-005).
        acquire_timeout: seconds that a request waits for a free connection (edge case "pool is exhausted").
        connect_timeout: seconds for ``start`` in all, and for each connection opened later (edge case "unreachable").
        retry_delay: seconds between a lost connection and the second attempt (edge case "connection drops").
        stop_timeout: seconds that ``stop`` waits for work in flight before it cancels it.
        statement_timeout: seconds after which the server ends a statement; None for what the server is set to. A server
            that has not even said so ``connect_timeout`` seconds later is taken for dead.
        idle_in_transaction_timeout: seconds after which the server ends a session that does nothing inside a
            transaction (``idle_in_transaction_session_timeout``); None for what the server is set to.
        idle_for_long: seconds; a connection that was not used for so long is given up when its next BEGIN has no answer
            within ``connect_timeout``: the network may have forgotten it.
        application_name: what ``pg_stat_activity`` shows; a name in the URL goes before it.
        instances: how many processes have such a pool on this server; ``start`` warns where they cannot all be served.
        prepared_statements: "off" behind PgBouncer in transaction mode, where the next transaction may be on another
            server connection; statements are then parsed each time, and ``statement_timeout`` is kept on this side
            only, because PgBouncer refuses unknown parameters at the start of a session.
    """

    url: URL
    min_size: int = 5
    max_size: int = 20
    acquire_timeout: float = 30.0
    connect_timeout: float = 5.0
    retry_delay: float = 1.0
    stop_timeout: float = 10.0
    statement_timeout: float | None = 60.0
    idle_in_transaction_timeout: float | None = None
    idle_for_long: float = 5.0
    application_name: str = "faceplate"
    instances: int = 1
    prepared_statements: PreparedStatements = "named"

    def __post_init__(self) -> None:
        """Check everything.

        Raises:
            ValueError: on a setting that cannot work; the text names it and never holds the password.
        """
        object.__setattr__(self, "url", database_url(self.url))
        if not 0 < self.min_size <= self.max_size:
            raise ValueError(
                f"min_size must be from 1 to max_size: got min_size={self.min_size}, max_size={self.max_size}"
            )
        if self.instances < 1:
            raise ValueError(f"instances must be 1 or more: got {self.instances}")
        for name in ("acquire_timeout", "connect_timeout"):
            self._check_seconds(name, zero=False)
        for name in ("retry_delay", "stop_timeout", "idle_for_long"):
            self._check_seconds(name, zero=True)
        for name in _OPTIONAL:
            if getattr(self, name) is not None:
                self._check_seconds(name, zero=False)
        if not self.application_name:
            raise ValueError("application_name must not be empty: it tells these connections from others")
        if self.prepared_statements not in (modes := get_args(PreparedStatements.__value__)):
            raise ValueError(f"prepared_statements must be one of {', '.join(modes)}: got {self.prepared_statements!r}")

    def _check_seconds(self, name: str, *, zero: bool) -> None:
        seconds = getattr(self, name)
        if not isfinite(seconds) or seconds < 0 or (seconds == 0 and not zero):
            raise ValueError(f"{name} must be {'0 or more' if zero else 'more than 0'} seconds: got {seconds}")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """The settings that ``DATABASE_URL`` and, where they are set, ``DATABASE_MAX_SIZE`` and its like give.

        Raises:
            ValueError: if a value is missing or cannot be used; the text names the variable.
        """
        values: dict[str, object] = {"url": url_from_environment(environment)}
        for field in fields(cls):
            variable = PREFIX + field.name.upper()
            if field.name != "url" and (text := environment.get(variable)) is not None:
                values[field.name] = _value(variable, text, field.default, optional=field.name in _OPTIONAL)
        return cls(**values)  # type: ignore[arg-type] # of the types that the defaults have

    @property
    def patience(self) -> float | None:
        """Seconds after which this side gives a statement up; None for never.

        The server's own limit comes first where it can be set, so that only a silent one gets here.
        """
        if self.statement_timeout is None or self.prepared_statements == "off":
            return self.statement_timeout
        return self.statement_timeout + self.connect_timeout

    @property
    def address(self) -> str:
        """URL without password and parameters, but with all hosts."""
        # Several hosts are written in the query; whatever else is there is nobody's business.
        hosts = {name: value for name, value in self.url.query.items() if name in {"host", "port"}}
        return self.url.set(query=hosts).render_as_string(hide_password=True)

    def __repr__(self) -> str:
        """Everything but the password and the URL's parameters."""
        others = (f"{field.name}={getattr(self, field.name)!r}" for field in fields(self) if field.name != "url")
        return f"Settings({self.address!r}, {', '.join(others)})"


def _value(variable: str, text: str, default: object, *, optional: bool) -> object:
    if isinstance(default, str):
        return text
    if optional and text.strip().lower() == "none":
        return None
    kind = int if isinstance(default, int) else float
    try:
        return kind(text)
    except ValueError:
        raise ValueError(f"{variable} must be a number: got {text!r}") from None
