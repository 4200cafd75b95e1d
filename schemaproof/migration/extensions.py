"""Extensions that a subject needs: a server that lacks one can't tell whether the subject is sound."""

import re

from sqlalchemy.exc import DBAPIError

from schemaproof.migration.environment import sqlstate
from schemaproof.postgres import Server
from schemaproof.project.subject import SubjectError

# feature_not_supported, and undefined_file before PostgreSQL 16. Manual, Appendix A.
_ABSENT = {"0A000", "58P01"}

_CREATE = re.compile(r"\bCREATE\s+EXTENSION\s+(?:IF\s+NOT\s+EXISTS\s+)?\"?([\w-]+)", re.IGNORECASE)


def require_extension(server: Server, error: BaseException | None) -> None:
    """Raise where ``error`` is that of a CREATE EXTENSION for which ``server`` has no files.

    Raises:
        SubjectError: with the extension's name.
    """
    if sqlstate(error) not in _ABSENT or not isinstance(error, DBAPIError):
        return
    lacking = sorted(set(_CREATE.findall(error.statement or "")) - server.extensions())
    if lacking:
        raise SubjectError(
            f"The project needs the extension {', '.join(lacking)}, which this server lacks: {server.about}.",
            remedy="Use an image that has it (`--postgres container --postgres-image IMAGE`), or a server of your own"
            " (`--postgres URL`).",
        )
