"""Whether there is anything for the checks of foreign keys to look at."""

from schemaproof.migration.history import History


def has_foreign_keys(history: History) -> bool:
    """Whether the migrated database or the model has any; both are known, so that this costs nothing."""
    declared = any(table.foreign_keys for one in history.metadata for table in one.tables.values())
    return declared or any(
        identity.kind == "constraint" and attributes.get("type") == "FOREIGN KEY"
        for identity, attributes in history.head_catalog().objects.items()
    )
