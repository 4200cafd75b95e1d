"""Extensions for which a server has no files."""

import re

from schemaproof.postgres import Server
from schemaproof.project.subject import SubjectError

# feature_not_supported, and undefined_file before PostgreSQL 16. Manual, Appendix A.
_ABSENT = {"0A000", "58P01"}

_CREATE = re.compile(r"\bCREATE\s+EXTENSION\s+(?:IF\s+NOT\s+EXISTS\s+)?\"?([\w-]+)", re.IGNORECASE)


def lacking(server: Server, sqlstate: str | None, sql: str) -> SubjectError | None:
    """What to say of ``sql`` that failed with ``sqlstate``, where ``server`` lacks an extension that it creates."""
    missing = sorted(set(_CREATE.findall(sql)) - server.extensions()) if sqlstate in _ABSENT else []
    if not missing:
        return None
    return SubjectError(
        f"The project needs the extension {', '.join(missing)}, which this server lacks: {server.about}.",
        remedy="Use an image that has it (`--postgres container --postgres-image IMAGE`), or a server of your own"
        " (`--postgres URL`).",
    )
