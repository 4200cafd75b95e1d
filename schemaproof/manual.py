"""Where the documentation of a check is: its page in the site that ``nox -s docs`` builds, or in the repository.

The site has no public address. Until it has one, a page is the file in schemaproof's repository from which it is built;
who serves the site says where, in the environment: ``SCHEMAPROOF_DOCS=https://docs.example.com/schemaproof``.
"""

import os
from collections.abc import Mapping

# The address of the built site; "" where it is served nowhere. A public one goes here.
ADDRESS = ""
VARIABLE = "SCHEMAPROOF_DOCS"

# What a run remarks by itself; it comes from no check, and shares a page.
REMARKS = ("server", "budget")


def page(check: str, environ: Mapping[str, str] = os.environ) -> str:
    """The page of ``check``: its URL, or its path in the repository ("docs/checks/single-head.md")."""
    name, _, part = (f"findings#{check}" if check in REMARKS else f"checks/{check}").partition("#")
    anchor = f"#{part}" if part else ""
    if address := environ.get(VARIABLE, ADDRESS).rstrip("/"):
        return f"{address}/{name}.html{anchor}"
    return f"docs/{name}.md{anchor}"


def is_link(page: str) -> bool:
    """Whether ``page`` can be followed from anywhere."""
    return page.startswith(("https://", "http://"))


def reference(check: str) -> str:
    """The page of ``check`` in a sentence: as a path, it is one of another repository than the reader's."""
    where = page(check)
    return where if is_link(where) else f"{where} in schemaproof's repository"
