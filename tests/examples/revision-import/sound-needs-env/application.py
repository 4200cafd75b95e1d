"""The application, of which there is one only in its own context."""

from contextvars import ContextVar

current: ContextVar[dict[str, int]] = ContextVar("current")
