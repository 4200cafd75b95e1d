"""What every throwaway server is started with."""

# Durability is for data that someone wants to keep (manual, "Non-Durable Settings"). The rest stays at PostgreSQL's
# defaults, so that what is proved here holds there.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # Several test processes with a pool each; the default is 100.
    "max_connections": "300",
}


def arguments() -> list[str]:
    """``SETTINGS`` as command-line arguments of ``postgres``."""
    return [argument for name, value in SETTINGS.items() for argument in ("-c", f"{name}={value}")]
