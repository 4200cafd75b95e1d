"""A server that keeps books of its own in the catalog, as 17.12 does."""

from dataclasses import replace

import pytest

from schemaproof.catalog import reading
from schemaproof.catalog.aspect import Aspect
from schemaproof.catalog.aspects import ASPECTS


def plant_bookkeeping(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every column have another number under "bookkeeping", each time that it is read."""
    monkeypatch.setattr(reading, "ASPECTS", tuple(_with_bookkeeping(one) for one in ASPECTS))


def _with_bookkeeping(aspect: Aspect) -> Aspect:
    if aspect.name != "columns":
        return aspect
    return replace(aspect, attributes={**aspect.attributes, "bookkeeping": "random()::text"})
