"""What every throwaway server is started with, and a durable one, which is there to be killed."""

# Several test processes with a pool each; the default is 100.
_CONNECTIONS = {"max_connections": "300"}

# Durability is for data that someone wants to keep (manual, "Non-Durable Settings"). With hundreds of databases a
# worker of autovacuum starts all the time, takes locks of its own and moves rows of the catalog. The rest stays at
# PostgreSQL's defaults, so that what is proved here holds there.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    **_CONNECTIONS,
}

# What a crash leaves is what is tested. These are the defaults, told all the same: an image may bring others.
DURABLE = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    # Checkpoints bound what is replayed at the restart, by time and by size, and take nothing from durability. The
    # defaults are 5 minutes and 1 GB.
    "checkpoint_timeout": "30s",
    "max_wal_size": "128MB",
    # What was committed with synchronous_commit = off is written this late (the longest there is; the default is
    # 0.2 s): whoever switches it off does lose what a crash takes, and not now and then.
    "wal_writer_delay": "10s",
    **_CONNECTIONS,
}


def arguments() -> list[str]:
    """``SETTINGS`` as command-line arguments of ``postgres``."""
    return _arguments(SETTINGS)


def durable_arguments() -> list[str]:
    """``DURABLE`` as command-line arguments of ``postgres``."""
    return _arguments(DURABLE)


def _arguments(settings: dict[str, str]) -> list[str]:
    return [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]
