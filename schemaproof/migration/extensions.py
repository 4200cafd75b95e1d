"""Extensions that the subject's revisions need: a server that lacks one can't tell whether the subject is sound."""

from sqlalchemy.exc import DBAPIError

from schemaproof.migration.environment import sqlstate
from schemaproof.migration.lacking import lacking
from schemaproof.postgres import Server


def require_extension(server: Server, error: BaseException | None) -> None:
    """Raise where ``error`` is that of a CREATE EXTENSION for which ``server`` has no files.

    Raises:
        SubjectError: with the extension's name.
    """
    if isinstance(error, DBAPIError) and (refusal := lacking(server, sqlstate(error), error.statement or "")):
        raise refusal
