"""The application's settings: nothing is there before ``initialize``."""

import os

from sqlalchemy import Engine, create_engine

engine: Engine | None = None


def initialize() -> None:
    global engine  # noqa: PLW0603 (Airflow has it too)
    engine = create_engine(os.environ["FLOW__DATABASE__CONNECTION"], pool_size=2)
