"""Whether a column that goes was given up by an earlier release: expand and contract."""

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from schemaproof.catalog import Catalog, Identity
from schemaproof.catalog.values import Attributes
from schemaproof.migration.states import UpgradeFailedError

if TYPE_CHECKING:
    from schemaproof.migration.history import History

_LOOKED_AT = 6  # revisions, the latest first: each is a database to build


def is_prepared(history: "History", count: int, column: Identity, before: Catalog) -> bool:
    """Whether every insert had to name ``column`` once, and need not in the state ``before``.

    Args:
        history: whose column it is.
        count: how many revisions are below the deployment.
        column: which.
        before: the catalog of that state.
    """
    if _is_named(before.objects.get(column, {})):
        return False
    word = re.compile(rf"\b{re.escape(column.name)}\b")
    mentioned = [place for place, text in enumerate(history.chain.literals[:count]) if word.search(text)]
    for place in mentioned[: -_LOOKED_AT - 1 : -1]:
        with suppress(UpgradeFailedError):
            if _is_named(history.catalog_in_one_call(place).objects.get(column, {})):
                return True
    return False


def _is_named(attributes: Attributes) -> bool:
    """Whether an insert must name the column."""
    filled = attributes.get("default") or attributes.get("generated") or attributes.get("identity")
    return bool(attributes.get("not null")) and not filled
