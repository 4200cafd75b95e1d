"""Where the metadata can't make a database: Alembic's reports, as far as the migrated one bears them out."""

import re
from collections.abc import Iterator, Sequence

import psycopg

from schemaproof.catalog import Identity
from schemaproof.checks.parity.confirm import printed_default, same_default
from schemaproof.checks.parity.reports import Key, Report
from schemaproof.checks.parity.subject import Objects, Subjectlike, partitions_of

# PostgreSQL's names for CHECK constraints without one, which Alembic does not find in the metadata.
_CHOSEN = re.compile(r"_check\d*$")


def borne_out(history: Subjectlike, reports: Sequence[Report]) -> Iterator[Report]:
    """Those of ``reports`` that are not known to be false, each object once."""
    objects = history.head_catalog().objects
    partitions = partitions_of(objects)
    told: set[Key] = set()
    with history.head_copy() as database, psycopg.connect(database.dsn) as connection:
        for report in reports:
            false = (
                any((key.schema, key.parent or key.name) in partitions for key in report.keys)
                or _unnamed_check(report, objects)
                or (report.attributes and not _differs(connection, report, objects))
            )
            if not false and not told.intersection(report.keys):
                told.update(report.keys)
                yield report


def _unnamed_check(report: Report, objects: Objects) -> bool:
    return report.verb == "extra" and any(
        key.kind == "constraint"
        and _CHOSEN.search(key.name) is not None
        and objects.get(Identity(*key), {}).get("type") == "CHECK"
        for key in report.keys
    )


def _differs(connection: psycopg.Connection, report: Report, objects: Objects) -> bool:
    """Whether anything but a default differs, or the server says that the default does."""
    if report.attributes & {"type", "not null", "comment"}:
        return True
    for column in (objects[Identity(*key)] for key in report.keys if Identity(*key) in objects):
        kind, default = str(column["type"]), column["default"]
        if default is None or report.default is None:
            return True
        model = printed_default(connection, kind, report.default)
        return model is not None and model != default and not same_default(connection, kind, model, str(default))
    return True
