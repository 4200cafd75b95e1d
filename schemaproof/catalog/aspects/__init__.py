"""All aspects, in the order in which they are read."""

from schemaproof.catalog.aspect import Aspect
from schemaproof.catalog.aspects import (
    columns,
    constraints,
    indexes,
    others,
    relations,
    routines,
    schemas,
    sequences,
    tables,
    types,
)

ASPECTS: tuple[Aspect, ...] = (
    *schemas.ASPECTS,
    *relations.ASPECTS,
    *columns.ASPECTS,
    *constraints.ASPECTS,
    *indexes.ASPECTS,
    *sequences.ASPECTS,
    *tables.ASPECTS,
    *types.ASPECTS,
    *routines.ASPECTS,
    *others.ASPECTS,
)
