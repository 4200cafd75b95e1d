"""What waits while a migration runs."""

from schemaproof.proofs.locks.blocked import READS_BLOCKED, WRITES_BLOCKED
from schemaproof.proofs.locks.order import LOCK_ORDER
from schemaproof.proofs.locks.unbounded import LOCK_UNBOUNDED

CHECKS = (READS_BLOCKED, WRITES_BLOCKED, LOCK_UNBOUNDED, LOCK_ORDER)
