"""The checks: data in one registry, from which the command line and the documentation are made."""

from schemaproof.check import Check
from schemaproof.project.unused import UNUSED_ALLOWANCE
from schemaproof.proofs.chain.checks import REVISION_CHAIN, REVISION_IMPORT, SINGLE_HEAD
from schemaproof.proofs.data.checks import UPGRADE_WITH_ROWS
from schemaproof.proofs.deletes.checks.concurrent import CONCURRENT_DELETE
from schemaproof.proofs.deletes.checks.cost import FOREIGN_KEY_INDEX
from schemaproof.proofs.deletes.checks.enforced import FOREIGN_KEY_ENFORCED
from schemaproof.proofs.deletes.checks.in_orm import DELETE_IN_ORM, DELETE_LOADS_CHILDREN
from schemaproof.proofs.deletes.checks.in_sql import DELETE_IN_SQL
from schemaproof.proofs.deletes.checks.refused_below import DELETE_REFUSED_BELOW
from schemaproof.proofs.downgrade.checks import (
    DOWNGRADE_MISSING,
    DOWNGRADE_RESTORES,
    DOWNGRADE_RUNS,
    DOWNGRADE_TO_BASE,
    UPGRADE_AFTER_DOWNGRADE,
)
from schemaproof.proofs.failure.checks.atomicity import ATOMICITY, RERUN_AFTER_FAILURE
from schemaproof.proofs.failure.checks.crash import CRASH_RECOVERY
from schemaproof.proofs.failure.checks.deployers import CONCURRENT_DEPLOYERS
from schemaproof.proofs.offline.checks import OFFLINE_SCRIPT
from schemaproof.proofs.parity.checks import PARITY_AUTOGENERATE, PARITY_CATALOG
from schemaproof.proofs.upgrade.branches import BRANCH_BY_ITSELF
from schemaproof.proofs.upgrade.checks import (
    UPGRADE_AGAIN,
    UPGRADE_FROM_EMPTY,
    UPGRADE_IN_ONE_CALL,
    on_an_empty_database,
)

__all__ = ["CHECKS", "CRASH_RECOVERY", "UNUSED_ALLOWANCE", "UPGRADE_FROM_EMPTY", "Check", "on_an_empty_database"]

# In the order in which they are told.
CHECKS: tuple[Check, ...] = (
    REVISION_IMPORT,
    REVISION_CHAIN,
    SINGLE_HEAD,
    UPGRADE_FROM_EMPTY,
    UPGRADE_AGAIN,
    UPGRADE_IN_ONE_CALL,
    BRANCH_BY_ITSELF,
    DOWNGRADE_MISSING,
    DOWNGRADE_RUNS,
    DOWNGRADE_RESTORES,
    UPGRADE_AFTER_DOWNGRADE,
    DOWNGRADE_TO_BASE,
    UPGRADE_WITH_ROWS,
    PARITY_AUTOGENERATE,
    PARITY_CATALOG,
    FOREIGN_KEY_ENFORCED,
    FOREIGN_KEY_INDEX,
    DELETE_IN_SQL,
    DELETE_REFUSED_BELOW,
    DELETE_IN_ORM,
    DELETE_LOADS_CHILDREN,
    CONCURRENT_DELETE,
    ATOMICITY,
    RERUN_AFTER_FAILURE,
    CRASH_RECOVERY,
    CONCURRENT_DEPLOYERS,
    OFFLINE_SCRIPT,
    UNUSED_ALLOWANCE,
)
