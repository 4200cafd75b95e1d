"""What waits while a migration runs."""

from schemaproof.proofs.locks.blocked import READS_BLOCKED, WRITES_BLOCKED

CHECKS = (READS_BLOCKED, WRITES_BLOCKED)
