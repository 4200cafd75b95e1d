"""Values that a cast of a migration refuses: in which rows they are."""

import re
from dataclasses import dataclass

from schemaproof.catalog import Identity
from schemaproof.migration.environment import sqlstate
from schemaproof.migration.lines.operations import execute
from schemaproof.migration.lines.quoting import literal
from schemaproof.migration.stairway import Stairs
from schemaproof.proofs.data.nulled import also
from schemaproof.proofs.data.refusals import failed_statement
from schemaproof.proofs.data.showing import identifier, quoted_name
from schemaproof.proofs.data.snapshot import Name
from schemaproof.proofs.data.tokens import tokens
from schemaproof.proofs.data.writes import writes

# invalid_text_representation, invalid_datetime_format (manual, Appendix A)
_REFUSED = frozenset({"22P02", "22007"})
_KNOWS_INPUT = 160000  # since which release there is pg_input_is_valid()
_STRINGS = ("text", "character")
_NAME = r'"[^"]+"|[^\W\d]\w*'
_TYPE = rf"(?:{_NAME})(?:\.(?:{_NAME}))?(?: precision| varying| with(?:out)? time zone)?(?:\([\d, ]+\))?(?:\[\])?"
# a::int, t.a::text::int: the column, and the last type.
_CAST = re.compile(rf"""(?<![\w."')\]:])(?:(?:{_NAME})\.)?({_NAME})(?:::{_TYPE})*?::({_TYPE})(?![\w:(\[])""")
_CAST_AS = re.compile(rf"\bcast ?\( ?(?:(?:{_NAME})\.)?({_NAME}) as ({_TYPE}) ?\)", re.IGNORECASE)
_ALL_COUNTED = ", at most (this counts all rows, some of which may be fine)"


@dataclass(frozen=True)
class Cast:
    """A column whose values become of another type.

    Attributes:
        table: whose column it is.
        value: the column, as a text.
        column: the column.
        type: that other type, as the statement has it.
        rows: those that the statement reaches, as what stands after FROM in a query.
        exactly: whether it casts in each of them.
        release: of the server: ``server_version_num``; 0 where it does not know the type.
    """

    table: Name
    value: str
    column: str
    type: str
    rows: str
    exactly: bool
    release: int

    @classmethod
    def of(
        cls, error: BaseException | None, table: Name | None, stairs: Stairs, release: int, *, down: bool = False
    ) -> "Cast | None":
        """The one that ``error`` is about, of rows of ``table``; None where the statement has none, or several.

        A column that becomes one of an enum's is left out: its labels are listed.
        """
        there = stairs.first if down else stairs.before
        if sqlstate(error) not in _REFUSED or table is None or there is None:
            return None
        statement = " ".join(failed_statement(error).split())
        words = {one.text for one in tokens(statement)}
        update = next((one for one in writes([statement], {}).found if one.kind == "update" and one.of([table])), None)
        found = [(name.strip('"'), kind) for form in (_CAST, _CAST_AS) for name, kind in form.findall(statement)]
        kinds = {name: there.objects.get(Identity("column", *table, name), {}).get("type") for name, _ in found}
        known = [(name, kind) for name, kind in dict.fromkeys(found) if kinds[name]]
        enums = {one.name for one in (*there.objects, *(one.identity for one in stairs.changed)) if one.kind == "type"}
        if len(known) != 1 or not (update or "alter" in words):
            return None
        name, kind = known[0]
        bare = kind.rpartition(".")[2].strip('"')
        if bare in enums and update is None:
            return None
        if bare in enums and not any(one.kind == "type" and one.name == bare for one in there.objects):
            release = 0  # the migration makes the type: before it nobody can ask for its labels
        column = identifier(name)
        value = column if str(kinds[name]).startswith(_STRINGS) else f"{column}::text"
        rows = update.reaching if update and update.reaching else quoted_name(table)
        exactly = "case" not in words and (update is None or bool(update.reaching))
        return cls(table, value, column, kind, rows, exactly, release)

    @property
    def refused(self) -> str:
        """The condition for the rows; "" where the server has none."""
        return f"NOT pg_input_is_valid({self.value}, {literal(self.type)})" if self.release >= _KNOWS_INPUT else ""

    @property
    def remedy(self) -> str:
        """What to write before the statement."""
        where = self.refused or f"{self.column} = ..."
        line = execute(f"UPDATE {quoted_name(self.table)} SET {self.column} = ... WHERE {where}")
        return f"Give the rows whose {self.column} is no {self.type} another value first: `{line}`."

    @property
    def query(self) -> tuple[str, str]:
        """The query that counts the rows, and how it does."""
        if not self.refused:
            return f"SELECT count(*) FROM {self.rows}", _ALL_COUNTED
        return f"SELECT count(*) FROM {also(self.rows, self.refused)}", "" if self.exactly else ", at most"
