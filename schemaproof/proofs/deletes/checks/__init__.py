"""What is said of deletes."""

from schemaproof.proofs.deletes.checks.concurrent import CONCURRENT_DELETE
from schemaproof.proofs.deletes.checks.cost import FOREIGN_KEY_INDEX
from schemaproof.proofs.deletes.checks.enforced import FOREIGN_KEY_ENFORCED
from schemaproof.proofs.deletes.checks.in_orm import DELETE_IN_ORM, DELETE_LOADS_CHILDREN
from schemaproof.proofs.deletes.checks.in_sql import DELETE_IN_SQL
from schemaproof.proofs.deletes.checks.refused_below import DELETE_REFUSED_BELOW

CHECKS = (
    FOREIGN_KEY_ENFORCED,
    FOREIGN_KEY_INDEX,
    DELETE_IN_SQL,
    DELETE_REFUSED_BELOW,
    DELETE_IN_ORM,
    DELETE_LOADS_CHILDREN,
    CONCURRENT_DELETE,
)
