import os

from sqlalchemy import create_engine, make_url
from sqlalchemy.orm import Session


def session() -> Session:
    """The application's own."""
    return Session(create_engine(make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+psycopg")))
