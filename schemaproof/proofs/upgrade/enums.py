"""Enum types that create_table makes, or does not make, since an earlier revision of the same call has made them.

For as long as a call of `alembic upgrade` lasts, Alembic remembers which enum types its tables have made, so that each
is made once. That one was dropped meanwhile, by its own DROP TYPE, it does not hear; nor does a later call know of one
that an earlier call has made.
"""

import contextlib
import re

from schemaproof.migration.environment import Run, sqlstate
from schemaproof.migration.history import History
from schemaproof.migration.lines.quoting import text
from schemaproof.migration.states import UpgradeFailedError

_UNDEFINED_OBJECT = "42704"
_DUPLICATE_OBJECT = "42710"
_NAME = r'(?:"(?:[^"]|"")+"|\w+)'
_CREATES = re.compile(rf"\s*CREATE TYPE (?:(?P<schema>{_NAME})\.)?(?P<name>{_NAME}) AS ENUM ")
_MEMO = "pg_enum"  # where SQLAlchemy's dialect for PostgreSQL keeps schema and name of each


def made_again(history: History, run: Run) -> str | None:
    """What to write where ``run`` fails over such a type, in the revision that it fails in; None where it does not."""
    if run.context is None or run.revision is None or sqlstate(run.error) != _UNDEFINED_OBJECT:
        return None
    made = getattr(run.context.impl, "memo", {}).get(_MEMO, ())
    said = str(getattr(run.error, "orig", ""))
    for schema, name in sorted(made, key=str):
        if f'"{f"{schema}." if schema else ""}{name}"' in said:
            return _remedy(schema, name, _labels(history, run.revision, schema, name))
    return None


def made_already(run: Run) -> str | None:
    """What to write where ``run`` fails since an enum type is there; None where it fails for something else."""
    if sqlstate(run.error) != _DUPLICATE_OBJECT:
        return None
    created = _CREATES.match(str(getattr(run.error, "statement", "")))
    if created is None:
        return None
    schema, name = (one and one.strip('"').replace('""', '"') for one in created.group("schema", "name"))
    called = f"name={text(name)}" + (f", schema={text(schema)}" if schema else "")
    return (
        f"create_table makes {name}, which is there, unless the same call of `alembic upgrade` has made it before."
        f" Use the one that is there: `postgresql.ENUM({called}, create_type=False)` as the column's"
        " type, with `from sqlalchemy.dialects import postgresql`."
    )


def _remedy(schema: str | None, name: str, labels: str) -> str:
    called = f"{labels}, name={text(name)}" + (f", schema={text(schema)}" if schema else "")
    return (
        f"create_table makes an enum type once in each call of `alembic upgrade`, also where {name} was dropped"
        f" meanwhile. Make it in this revision: `sa.Enum({called}).create(op.get_bind())`; and use it in the column"
        f" without making it: `postgresql.ENUM({called}, create_type=False)`, with `from sqlalchemy.dialects import"
        " postgresql`."
    )


def _labels(history: History, revision: str, schema: str | None, name: str) -> str:
    """The labels that it has after ``revision`` by itself, as arguments."""
    with contextlib.suppress(UpgradeFailedError):
        first = history.stairs(revision).first
        for one, attributes in first.objects.items() if first is not None else ():
            labels = attributes.get("labels")
            if one.kind == "type" and one.name == name and schema in {None, one.schema} and isinstance(labels, tuple):
                return ", ".join(text(str(label)) for label in labels)
    return "..."
