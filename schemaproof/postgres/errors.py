"""The one exception of this package."""

from schemaproof.errors import ProofError


class PostgresError(ProofError):
    """A throwaway server or database could not be had."""
