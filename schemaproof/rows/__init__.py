"""Rows for tables that have none: :func:`fill` puts a few plain ones into each, so that a migration meets some."""

from schemaproof.rows.filling import Filled, fill

__all__ = ["Filled", "fill"]
