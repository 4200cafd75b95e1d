"""Rows that a migration deletes though others still refer to them: which these are, and what to write before it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from schemaproof.catalog import Catalog
from schemaproof.catalog.names import unquoted
from schemaproof.catalog.values import Attributes
from schemaproof.migration.environment import sqlstate
from schemaproof.migration.lines.operations import execute
from schemaproof.migration.stairway import Stairs
from schemaproof.proofs.data.counting import can_run, constraint_of, referred_table, table_of, writes_rows
from schemaproof.proofs.data.refusals import failed_statement, not_null_column
from schemaproof.proofs.data.showing import identifier, quoted_name
from schemaproof.proofs.data.snapshot import Name
from schemaproof.proofs.data.tokens import tokens
from schemaproof.proofs.data.writes import Write, writes

_FOREIGN_KEY = "23503"
_SET_NULL = "SET NULL"
_ADDS = "add"  # several statements were sent as one, and one of them adds a foreign key: which failed nobody says


@dataclass(frozen=True)
class StillReferred:
    """A DELETE or UPDATE that a foreign key of another table refuses.

    Or a DELETE at which the key, ON DELETE SET NULL, writes NULL where NOT NULL refuses it.

    Attributes:
        child: the table of the foreign key.
        key: the foreign key.
        write: what changes the rows that it refers to; None where they go with others (ON DELETE CASCADE).
        nulls: the column that the key would set to NULL and that must have a value; "" where the key itself refuses.
        runs: whether what names the rows can be run before the migration.
    """

    child: Name
    key: Attributes
    write: Write | None
    nulls: str
    runs: bool

    @classmethod
    def of(cls, error: BaseException | None, stairs: Stairs, *, down: bool = False) -> "StillReferred | None":
        """What ``error`` is about, of the upgrade or ``down`` of the downgrade; None where it is about something else.

        The server reports the same error for a row that refers to none: the statement tells them apart.
        """
        child = table_of(error)
        there, goal = (stairs.first, stairs.before) if down else (stairs.before, stairs.first)
        if child is None or there is None:
            return None
        catalogs = [one for one in (there, goal) if one is not None]
        keys = [_key_of(error, child, one) for one in catalogs]
        key = next(filter(None, keys), {})
        parents = referred_table(key)
        statement = failed_statement(error)
        found = writes([statement], {}).found
        if (
            not parents
            or _ADDS in {one.text for one in tokens(statement)}
            or not _only_changes(found, child, parents[0], key)
        ):
            return None
        write = next((one for one in found if one.kind in {"delete", "update"} and one.of(parents)), None)
        still = cls(child, key, write, (not_null_column(error) or ("", ""))[1], runs=True)
        return replace(still, runs=_can_run(still.rows, (child, *parents), there, goal))

    @property
    def rows(self) -> str:
        """The condition for the rows of the table that refer to those which the statement changes."""
        own, theirs = (", ".join(_names(self.key, name)) for name in ("columns", "referenced columns"))
        columns = f"({own})" if "," in own else own
        if self.write is None or not self.write.reaching:
            return f"{columns} IN (SELECT {theirs} FROM {self.key['references']})"
        alias = identifier(self.write.alias)
        listed = ", ".join(f"{alias}.{one}" for one in _names(self.key, "referenced columns"))
        return f"{columns} IN (SELECT {listed} FROM {self.write.reaching})"

    @property
    def remedy(self) -> str:
        """What to write before the statement."""
        table, parent = quoted_name(self.child), quoted_name(*referred_table(self.key))
        update = self.write is not None and self.write.kind == "update"
        chosen = (
            self.rows if self.write is not None and self.write.reaching else f"{_names(self.key, 'columns')[0]} ..."
        )
        delete = execute(f"DELETE FROM {table} WHERE {chosen}")
        nulled = f", and {identifier(self.nulls)}, which ON DELETE SET NULL empties, is NOT NULL" if self.nulls else ""
        return (
            f"Rows of {table} refer to the rows of {parent} that it {'changes' if update else 'deletes'}{nulled}. Point"
            f" them to another row before the statement, or delete them first: `{delete}`."
        )

    @property
    def query(self) -> tuple[str, str]:
        """The query that counts the rows, and how it does; "" where none can be run."""
        exactly = self.write is not None and self.write.reaching
        query = f"SELECT count(*) FROM {quoted_name(self.child)} WHERE {self.rows}"
        return (query if self.runs else ""), "" if exactly else ", at most"


def without_parent(error: BaseException | None) -> str:
    """What to write about rows that the statement itself writes, and that refer to none; "" for any other error."""
    table = table_of(error)
    if sqlstate(error) != _FOREIGN_KEY or table is None or not writes_rows(error, table):
        return ""
    name = quoted_name(table)
    return (
        f"Insert the missing parents before the statement that writes rows of {name}, or leave such rows out in it:"
        " `WHERE EXISTS (SELECT FROM ... WHERE ...)`."
    )


def _key_of(error: BaseException | None, child: Name, catalog: Catalog) -> Attributes:
    """The foreign key of ``child`` that ``error`` is about; empty for any other error."""
    if sqlstate(error) == _FOREIGN_KEY:
        return constraint_of(error, child, catalog)
    required = not_null_column(error)
    if required is None:
        return {}
    column = identifier(required[1])
    for one, attributes in catalog.objects.items():
        if one.kind == "constraint" and (one.schema, one.parent) == child and attributes.get("on delete") == _SET_NULL:
            listed = _names(attributes, "on delete columns") or _names(attributes, "columns")
            if column in listed:
                return attributes
    return {}


def _only_changes(found: Sequence[Write], child: Name, parent: Name, key: Attributes) -> bool:
    """Whether the statement takes rows of ``parent`` away, or their keys, and gives ``child`` none that may refer."""
    own, theirs = ({unquoted(one)[-1] for one in _names(key, name)} for name in ("columns", "referenced columns"))
    taken = any(one.kind == "delete" or (one.of([parent]) and theirs & {*one.columns}) for one in found)
    given = any(one.of([child]) and (one.kind in {"insert", "copied"} or own & {*one.columns}) for one in found)
    return taken and not given


def _can_run(query: str, tables: Sequence[Name], there: Catalog, goal: Catalog | None) -> bool:
    return goal is not None and all(can_run(query, one, goal, there) for one in tables)


def _names(key: Attributes, attribute: str) -> list[str]:
    """Columns as the catalog has them: quoted where they must be."""
    columns = key.get(attribute)
    return [str(one) for one in columns] if isinstance(columns, list | tuple) else []
