from functools import cache

from sqlalchemy import Connection, Engine, create_engine, pool

sessions: list[Connection] = []


@cache
def engine(url: str) -> Engine:
    """The application's engine, one in each process."""
    return create_engine(url, poolclass=pool.NullPool)
