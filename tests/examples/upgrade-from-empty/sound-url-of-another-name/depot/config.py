"""The application's configuration."""

import importlib
import pkgutil

import depot


def scan() -> None:
    for module in pkgutil.iter_modules(depot.__path__):
        if not module.ispkg:
            importlib.import_module(f"depot.{module.name}")
