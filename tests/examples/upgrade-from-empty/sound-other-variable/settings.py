"""The settings, read once."""

import os
from functools import lru_cache

from sqlalchemy import URL


@lru_cache
def database_url() -> URL:
    return URL.create(
        "postgresql+psycopg",
        username=os.environ["APP_DB_USER"],
        password=os.environ["APP_DB_PASSWORD"],
        host=os.environ["APP_DB_HOST"],
        port=int(os.environ["APP_DB_PORT"]),
        database=os.environ["APP_DB_NAME"],
    )
