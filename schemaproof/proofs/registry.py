"""The checks: data in one registry, from which the command line and the documentation are made."""

from schemaproof.check import Check
from schemaproof.project.unused import UNUSED_ALLOWANCE
from schemaproof.proofs.chain import checks as chain
from schemaproof.proofs.data import checks as data
from schemaproof.proofs.deletes import checks as deletes
from schemaproof.proofs.downgrade import checks as downgrade
from schemaproof.proofs.failure import checks as failure
from schemaproof.proofs.locks import checks as locks
from schemaproof.proofs.offline import checks as offline
from schemaproof.proofs.parity import checks as parity
from schemaproof.proofs.releases import checks as releases
from schemaproof.proofs.upgrade import checks as upgrade

# In the order in which they are told.
AREAS = (chain, upgrade, downgrade, data, parity, deletes, failure, locks, releases, offline)
CHECKS: tuple[Check, ...] = (*(check for area in AREAS for check in area.CHECKS), UNUSED_ALLOWANCE)

# By the name of each area, the ids of its checks: what --select and --ignore take.
BY_AREA = {
    area: tuple(check.id for check in CHECKS if check.area == area)
    for area in dict.fromkeys(check.area for check in CHECKS)
}
