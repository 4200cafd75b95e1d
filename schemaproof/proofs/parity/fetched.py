"""Columns whose default the model leaves to the database: ``server_default=FetchedValue()``.

It says that the database gives the column a value, by a default, an identity, an expression or a trigger, and not
which: create_all makes the column without one, and that is no statement about the migrations.
"""

from collections.abc import Iterable

from sqlalchemy import Computed, DefaultClause, FetchedValue, MetaData
from sqlalchemy import Identity as IdentityClause

from schemaproof.catalog import Difference, Identity
from schemaproof.catalog.names import clipped, unquoted
from schemaproof.migration.autogenerate.layout import Layout, Objects
from schemaproof.migration.autogenerate.reports import DEFAULT_ATTRIBUTES, Report

# These are FetchedValues too, and say which.
_SPELT_OUT = (DefaultClause, Computed, IdentityClause)


def fetched_columns(metadata: Iterable[MetaData], layout: Layout) -> frozenset[Identity]:
    """The columns of ``metadata`` with a default that it does not spell out."""
    return frozenset(
        Identity("column", layout.home(table.schema), clipped(table.name), clipped(column.name))
        for one in metadata
        for table in one.tables.values()
        for column in table.columns
        if isinstance(column.server_default, FetchedValue) and not isinstance(column.server_default, _SPELT_OUT)
    )


def is_left_to_database(difference: Difference, columns: frozenset[Identity], *sides: Objects) -> bool:
    """Whether ``difference`` is in what one of ``columns`` gets its values from: its default, or a sequence it owns."""
    identity = difference.identity
    if identity.kind != "sequence":
        return identity in columns and difference.attribute in DEFAULT_ATTRIBUTES
    owners = {unquoted(str(objects.get(identity, {}).get("owned by") or "")) for objects in sides}
    return any(("column", *owner) in columns for owner in owners)


def is_reported_default(report: Report, columns: frozenset[Identity]) -> bool:
    """Whether ``report`` is of nothing but the default of one of ``columns``, as earlier releases of Alembic write."""
    only_default = bool(report.attributes) and report.attributes <= set(DEFAULT_ATTRIBUTES)
    return only_default and any(Identity(*key) in columns for key in report.keys)
