"""Extensions that the subject's revisions need: a server that lacks one can't tell whether the subject is sound."""

import re
from collections.abc import Mapping

from sqlalchemy.exc import DBAPIError

from schemaproof.migration.environment import sqlstate
from schemaproof.migration.lacking import lacking
from schemaproof.postgres import Server

_UNDEFINED = {"42704", "42883"}  # undefined_object, undefined_function. Manual, Appendix A
_NAMED = re.compile(r"\b(?:type|function|operator class) \"?(?:\w+\.)?(\w+)[\"(\[]")

# What an administrator has often made in a database before its first revision, by the extension that brings it.
_BRINGS: Mapping[str, str] = {
    "citext": r"citext",
    "cube": r"cube",
    "hstore": r"hstore",
    "ltree": r"l(?:tree|query|txtquery)",
    "pg_trgm": r"(?:gin|gist)_trgm_ops|(?:word_|strict_word_)?similarity",
    "pgcrypto": r"gen_salt|crypt|digest|hmac|pgp_\w+",
    "postgis": r"geometry|geography|st_\w+",
    "timescaledb": r"create_hypertable|time_bucket",
    "unaccent": r"unaccent",
    "uuid-ossp": r"uuid_generate_\w+",
    "vector": r"vector|halfvec|sparsevec|(?:vector|halfvec|sparsevec)_\w+_ops",
}


def require_extension(server: Server, error: BaseException | None) -> None:
    """Raise where ``error`` is that of a CREATE EXTENSION for which ``server`` has no files.

    Raises:
        SubjectError: with the extension's name.
    """
    if isinstance(error, DBAPIError) and (refusal := lacking(server, sqlstate(error), error.statement or "")):
        raise refusal


def extension_remedy(error: BaseException | None) -> str | None:
    """What to do about ``error`` where an extension brings what is missing; None for any other."""
    if not isinstance(error, DBAPIError) or sqlstate(error) not in _UNDEFINED:
        return None
    named = _NAMED.search(str(error.orig))
    name = named[1] if named else ""
    found = next((one for one, names in _BRINGS.items() if re.fullmatch(names, name, re.IGNORECASE)), None)
    if found is None:
        return None
    create = f"CREATE EXTENSION {found}" if found.isidentifier() else f'CREATE EXTENSION "{found}"'
    quote = "'" if '"' in create else '"'
    return (
        f"{name} comes from the extension {found}. If an administrator creates that in each database, let schemaproof"
        f" do so too: `prepare-sql = {quote}{create}{quote}` in [tool.schemaproof]. Otherwise write `{create}` into a"
        " revision that runs before."
    )
