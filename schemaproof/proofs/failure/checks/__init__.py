"""What is said of failures."""

from schemaproof.proofs.failure.checks.atomicity import ATOMICITY, RERUN_AFTER_FAILURE
from schemaproof.proofs.failure.checks.crash import CRASH_RECOVERY
from schemaproof.proofs.failure.checks.deployers import CONCURRENT_DEPLOYERS

CHECKS = (ATOMICITY, RERUN_AFTER_FAILURE, CRASH_RECOVERY, CONCURRENT_DEPLOYERS)
