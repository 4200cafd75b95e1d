"""An enum type that an earlier revision of the same call dropped, and that create_table therefore does not make again.

For as long as a call of `alembic upgrade` lasts, Alembic remembers which enum types its tables have made, so that each
is made once. That one was dropped meanwhile, by its own DROP TYPE, it does not hear.
"""

import contextlib

from schemaproof.migration.environment import Run, sqlstate
from schemaproof.migration.history import History
from schemaproof.migration.lines.quoting import text
from schemaproof.migration.states import UpgradeFailedError

_UNDEFINED_OBJECT = "42704"
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
