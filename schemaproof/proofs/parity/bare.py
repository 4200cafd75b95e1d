"""Where the metadata can't make an object: Alembic's reports of it, as far as the migrated database bears them out."""

import re
import warnings
from collections.abc import Callable, Iterator, Sequence

import psycopg
from alembic.autogenerate import produce_migrations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData, text
from sqlalchemy.exc import SQLAlchemyError

from schemaproof.catalog import Identity
from schemaproof.errors import ProofError
from schemaproof.migration.autogenerate.comparison import places_of, reports_of
from schemaproof.migration.autogenerate.filters import wrapped
from schemaproof.migration.autogenerate.flags import with_checks
from schemaproof.migration.autogenerate.layout import Layout, Objects, Subjectlike, partitions_of, unchanged
from schemaproof.migration.autogenerate.longnames import constraint_names
from schemaproof.migration.autogenerate.reports import Key, Report
from schemaproof.proofs.parity.confirm import printed_default, same_default

# PostgreSQL's names for CHECK constraints without one, which Alembic does not find in the metadata.
_CHOSEN = re.compile(r"_check\d*$")

_OPTIONS = {"compare_type": True, "compare_server_default": True, "include_schemas": True}


def everything(history: Subjectlike, layout: Layout) -> tuple[Report, ...]:
    """What Alembic would write with every comparison switched on; nothing where that raises."""

    def work(context: MigrationContext) -> tuple[Report, ...]:
        with warnings.catch_warnings(), unchanged(history.metadata):
            warnings.simplefilter("ignore")
            return tuple(_everything(context, layout, history.metadata))

    try:
        return history.in_environment(work)
    except ProofError:
        raise
    except (Exception, SystemExit):  # noqa: BLE001 (told where it is the project's own comparison that raises)
        return ()


def _everything(context: MigrationContext, layout: Layout, metadata: Sequence[MetaData]) -> Iterator[Report]:
    opts = dict(context.opts)
    opts |= {name: value for name, value in _OPTIONS.items() if not callable(opts.get(name))}
    opts["autogenerate_plugins"] = with_checks(opts)
    places, schemas = places_of(context, layout)
    wrapped(opts, schemas)
    comparing = MigrationContext.configure(context.connection, opts=opts)
    vars(comparing.impl)["compare_server_default"] = _defaults_differ(comparing)
    for group in _groups(metadata):
        script = produce_migrations(comparing, group)  # type: ignore[arg-type]  # a list of MetaData is documented
        yield from reports_of(comparing, script.upgrade_ops_list, places)


def _defaults_differ(context: MigrationContext) -> Callable[..., bool]:
    """Alembic's comparison of defaults, which asks the server whether they are equal, so that it never fails.

    The server has no such operator for json, and a time zone of its own; whether two defaults that are written in two
    ways are the same is found out afterwards.
    """
    asking, connection = context.impl.compare_server_default, context.connection
    assert connection is not None  # noqa: S101 (autogenerate has one)

    def differ(inspected: object, column: object, rendered: str | None, default: str | None) -> bool:
        if rendered == default:
            return False
        try:
            with connection.begin_nested() as savepoint:
                connection.execute(text("SET LOCAL TimeZone TO 'UTC'"))
                answer = bool(asking(inspected, column, rendered, default))  # type: ignore[no-untyped-call]  # Alembic has no annotations there
                savepoint.rollback()
        except SQLAlchemyError:
            return True
        return answer

    return differ


def _groups(metadata: Sequence[MetaData]) -> list[list[MetaData]]:
    """All of the metadata at once, or each by itself where two name the same table, which Alembic refuses."""
    names = [name for one in metadata for name in one.tables]
    return [list(metadata)] if len(names) == len(set(names)) else [[one] for one in metadata]


def borne_out(history: Subjectlike, layout: Layout, reports: Sequence[Report]) -> Iterator[Report]:
    """Those of ``reports`` that are not known to be false, each object once, and what lies in a table with it."""
    objects = history.head_catalog().objects
    partitions = partitions_of(objects)
    whole = {key for report in reports if report.verb != "changed" for key in report.keys if key.kind == "table"}
    spelt = {key for report in reports if report.verb == "missing" and report.shortened for key in report.keys}
    declared, unmade = constraint_names(history.metadata, layout.home)
    told: set[Key] = set()
    with history.head_copy() as database, psycopg.connect(database.dsn) as connection:
        for report in reports:
            false = (
                any((key.schema, key.parent or key.name) in partitions for key in report.keys)
                or any(Key("table", key.schema, "", key.parent) in whole for key in report.keys)
                or any(key in spelt and Identity(*key) in objects for key in report.keys)
                or _unnamed_check(report, objects)
                or (report.verb == "extra" and any(key[1:] in declared for key in report.keys))
                or (report.verb == "missing" and any(key[1:] in unmade for key in report.keys))
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
