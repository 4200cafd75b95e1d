"""A database as plain comparable values: :class:`Catalog` is what PostgreSQL knows of it, :func:`diff` compares two."""

from schemaproof.catalog.difference import Difference, diff
from schemaproof.catalog.snapshot import Catalog
from schemaproof.catalog.values import Identity, Value

__all__ = ["Catalog", "Difference", "Identity", "Value", "diff"]
