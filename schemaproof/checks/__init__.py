"""The checks: data in one registry, from which the command line and the documentation are made."""

from schemaproof.check import Check
from schemaproof.checks.atomicity import ATOMICITY, RERUN_AFTER_FAILURE
from schemaproof.checks.branches import BRANCH_BY_ITSELF
from schemaproof.checks.concurrent_delete import CONCURRENT_DELETE
from schemaproof.checks.configuration import UNUSED_ALLOWANCE
from schemaproof.checks.crash import CRASH_RECOVERY
from schemaproof.checks.delete_cost import FOREIGN_KEY_INDEX
from schemaproof.checks.delete_in_orm import DELETE_IN_ORM, DELETE_LOADS_CHILDREN
from schemaproof.checks.delete_in_sql import DELETE_IN_SQL
from schemaproof.checks.delete_refused_below import DELETE_REFUSED_BELOW
from schemaproof.checks.deployers import CONCURRENT_DEPLOYERS
from schemaproof.checks.downgrade import (
    DOWNGRADE_MISSING,
    DOWNGRADE_RESTORES,
    DOWNGRADE_RUNS,
    DOWNGRADE_TO_BASE,
    UPGRADE_AFTER_DOWNGRADE,
)
from schemaproof.checks.history import REVISION_CHAIN, REVISION_IMPORT, SINGLE_HEAD
from schemaproof.checks.offline import OFFLINE_SCRIPT
from schemaproof.checks.orphans import FOREIGN_KEY_ENFORCED
from schemaproof.checks.parity import PARITY_AUTOGENERATE, PARITY_CATALOG
from schemaproof.checks.upgrade import UPGRADE_AGAIN, UPGRADE_FROM_EMPTY, UPGRADE_IN_ONE_CALL, on_an_empty_database
from schemaproof.checks.with_rows import UPGRADE_WITH_ROWS

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
