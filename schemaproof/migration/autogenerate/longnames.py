"""The names that constraints and indexes of the metadata have in a database.

SQLAlchemy shortens the names of a naming convention to the dialect's ``max_identifier_length``, in characters, and ends
them in four digits of their digest; PostgreSQL cuts whatever it is given to 63 bytes. Alembic's operations have the
names as the metadata spells them.
"""

from collections.abc import Callable, Iterable

from sqlalchemy import Constraint, MetaData, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import IdentifierError, SQLAlchemyError
from sqlalchemy.schema import CreateTable
from sqlalchemy.sql.elements import conv

from schemaproof.catalog.names import clipped

DEFAULT: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy has none there


def rendered(name: str | None, dialect: Dialect = DEFAULT) -> str:
    """What the constraint or index ``name`` is called in the database; "" for one without a name."""
    if not name:
        return ""
    # One that a convention did not make is refused where it is too long, so that this one is in no database.
    render = dialect.identifier_preparer.truncate_and_render_constraint_name
    try:
        short = render(conv(str(name)), _alembic_quote=False)
    except IdentifierError:
        short = str(name)
    return clipped(str(short or name))


type Place = tuple[str, str, str]  # schema, table, name


def constraint_names(metadata: Iterable[MetaData], home: Callable[[str | None], str]) -> tuple[set[Place], set[Place]]:
    """The constraints of ``metadata`` that have a name: those that create_all makes, and those that it does not.

    A Boolean has a CHECK for databases that lack the type.
    """
    made: set[Place] = set()
    other: set[Place] = set()
    for table in (table for one in metadata for table in one.tables.values()):
        statement = _statement(table)
        for constraint in table.constraints:
            name = _final(constraint)
            written = not getattr(constraint, "_type_bound", False) or name in statement
            (made if written else other).add((home(table.schema), clipped(table.name), name))
    return made, other


def _statement(table: Table) -> str:
    """The CREATE TABLE; "" where SQLAlchemy can't write it."""
    try:
        return str(CreateTable(table).compile(dialect=DEFAULT))
    except SQLAlchemyError:
        return ""


def _final(constraint: Constraint) -> str:
    """What SQLAlchemy writes, where a convention or a type makes the name; "" for none."""
    if constraint.name is None:
        return ""
    try:
        name = DEFAULT.identifier_preparer.format_constraint(constraint, _alembic_quote=False)
    except (SQLAlchemyError, AttributeError):  # too long without a convention, or a kind that has no such name
        name = str(constraint.name or "")
    return clipped(str(name or ""))
