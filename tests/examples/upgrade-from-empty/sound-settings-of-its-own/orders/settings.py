"""The settings, read when they are first asked for."""

import functools
import os


@functools.cache
def connection_url() -> str:
    return os.environ["ORDERS_API_DATABASE_CONNECTION_URL"]
