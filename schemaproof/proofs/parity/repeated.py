"""A UNIQUE that repeats the PRIMARY KEY: CREATE TABLE makes one index for both, and no constraint of its own."""

from schemaproof.catalog import Identity
from schemaproof.catalog.names import unquoted
from schemaproof.finding import Severity
from schemaproof.migration.autogenerate.layout import Objects
from schemaproof.migration.autogenerate.reports import Report
from schemaproof.migration.lines.quoting import text
from schemaproof.proofs.parity.classify import Told


def repeats_key(report: Report, migrated: Objects) -> bool:
    """Whether ``report`` adds a UNIQUE over the very columns of its table's primary key, in their order."""
    if report.verb != "missing" or not report.columns:
        return False
    keys = [
        attributes
        for identity, attributes in migrated.items()
        if attributes.get("type") == "PRIMARY KEY"
        and any(key.kind == "constraint" and key[:3] == identity[:3] for key in report.keys)
    ]
    return any(_columns(key.get("columns")) == report.columns for key in keys)


def _columns(printed: object) -> tuple[str, ...]:
    return tuple(unquoted(str(one))[0] for one in printed) if isinstance(printed, tuple) else ()


def told(report: Report) -> Told:
    """The note on such a UNIQUE."""
    identity = Identity(*report.keys[0])
    columns, name = ", ".join(report.columns), identity.name
    call = ", ".join([*map(text, report.columns), *([f"name={text(name)}"] if name else [])])
    key = ", ".join([*map(text, report.columns), f"name={text(name)}"])
    keep = f" If the name matters, give it to the key: `PrimaryKeyConstraint({key})`." if name else ""
    flag = ", or `unique=True` of the column," if len(report.columns) == 1 else ""
    return Told(
        "autogenerate",
        Severity.NOTE,
        identity if name else Identity("table", identity.schema, "", identity.parent),
        "unique repeats the key",
        f"The model has a UNIQUE over ({columns}), which is the primary key already: PostgreSQL keeps one index for a"
        " UNIQUE that repeats the PRIMARY KEY in CREATE TABLE, and drops the other.",
        "Autogenerate finds it missing in each run, and `alembic check` fails; the revision that it writes builds a"
        " second index that no query needs.",
        f"autogenerate: {report.words}",
        f"Remove `UniqueConstraint({call})`{flag} from the model.{keep}",
    )
