"""The application, of which there is a current one inside of its context, as Flask has it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from models import metadata
from sqlalchemy import MetaData

_current: ContextVar["Application"] = ContextVar("current")


class Application:
    def __init__(self, metadata: MetaData) -> None:
        self.config: dict[str, str] = {}
        self.metadata = metadata

    @contextmanager
    def app_context(self) -> Iterator[None]:
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)


def current_app() -> Application:
    try:
        return _current.get()
    except LookupError:
        raise RuntimeError("Working outside of application context.") from None


application = Application(metadata)
application.config["SQLALCHEMY_DATABASE_URI"] = os.environ["SQLALCHEMY_DATABASE_URI"]
