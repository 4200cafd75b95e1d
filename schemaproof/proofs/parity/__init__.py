"""Whether the migrated database is what the models say."""
