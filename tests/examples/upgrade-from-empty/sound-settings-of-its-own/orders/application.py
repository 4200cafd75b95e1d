"""What the application does when it starts."""

import importlib


def load_models() -> None:
    for name in ("users",):
        importlib.import_module(f"orders.{name}")
