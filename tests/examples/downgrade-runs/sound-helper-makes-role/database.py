"""The application's engine."""

from settings import url
from sqlalchemy import create_engine

engine = create_engine(url, pool_size=2)
