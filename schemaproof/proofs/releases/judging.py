"""What the statements that do not work any more have in common: each cause once, with the object that it lies in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from schemaproof.catalog import Identity
from schemaproof.catalog.values import Attributes, Value
from schemaproof.proofs.releases.affected import Name
from schemaproof.proofs.releases.experiment import Refused, Trial
from schemaproof.proofs.releases.samples import Attribute, Relation

type Kind = Literal[
    "relation renamed",
    "name taken",
    "relation dropped",
    "column renamed",
    "column hidden",
    "column dropped",
    "column named by every insert dropped",
    "column retyped",
    "label removed",
    "value required",
    "check",
    "unique",
    "always generated",
    "no conflict target",
    "too long",
    "partition",
    "read refused",
    "write refused",
]

# What is no matter of the schema: privileges, timeouts, locks, resources. What a foreign key refuses depends on rows:
# of two releases, either may add and delete some.
_IMMATERIAL = ("08", "23001", "23503", "25", "40", "42501", "53", "55P03", "57")
_OF_TYPES = frozenset({"42883", "42804", "42846", "42725", "42704"})
_OF_LENGTH = frozenset({"22001", "22003"})
_VIEWS = frozenset({"v", "m"})


@dataclass(frozen=True)
class Fault:
    """One cause.

    Attributes:
        kind: what it is.
        object: where it lies.
        relation: the table or view that the statements are sent for.
        column: which column it is about; "" for none.
        refused: the statements.
        now: what became of it: a new name, a new type, or where that is not known the SQLSTATE; "" for nothing.
    """

    kind: Kind
    object: Identity
    relation: Name
    column: str
    refused: Sequence[Refused]
    now: str = ""

    @property
    def revision(self) -> str:
        """The first revision after which one of the statements fails."""
        return self.refused[0].revision


# Kind, object, relation, column, and what it is now.
type _Key = tuple[Kind, Identity, Name, str, str]


def faults(trial: Trial) -> list[Fault]:
    """The causes of all that is refused, in the order of the statements."""
    judge = _Judge(trial)
    found: dict[tuple[Kind, Identity, str, str], Fault] = {}
    for one in trial.refused:
        if one.refusal.code.startswith(_IMMATERIAL):
            continue
        for kind, where, relation, column, now in judge.causes(one):
            # A trigger that writes to a table is in the way of all that fire it: one cause.
            key = kind, where, column, now
            known = found.get(key) or Fault(kind, where, relation, column, [], now)
            own = known.relation == (where.schema, where.parent or where.name)
            found[key] = replace(known, refused=[*known.refused, one], relation=known.relation if own else relation)
    return list(found.values())


class _Judge:
    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        # By code, table and column, what statements that name one column alone show.
        self._shown = {
            (one.refusal.code, one.statement.relation, one.statement.column)
            for one in trial.refused
            if one.statement.column and one.statement.verb != "insert"
        }

    def causes(self, one: Refused) -> Iterator[_Key]:
        """Why it is refused; several where a statement names several columns that are gone."""
        name = one.statement.relation
        older, newer = self._trial.older[name], self._trial.newer.get(name)
        if newer is None:
            yield self._of_relation(older)
            return
        if self._is_taken(older, newer):
            yield "name taken", _identity(older), older.name, "", ".".join(self._trial.moved[older.oid].name)
            return
        gone = [column for column in one.statement.columns if column not in newer.columns]
        if gone:  # whatever the server trips over first: it may be the column's type, which went with it
            for column in gone:
                yield self._of_column(older, column)
            return
        yield from self._of_value(one, older, newer)

    def _is_taken(self, older: Relation, newer: Relation) -> bool:
        """Whether the name is another table's, which does not stand in for the one that had it: it has other columns.

        One that was made anew may stand in, whatever became of the old one, and a view is made to.
        """
        if older.oid not in self._trial.moved or older.oid == newer.oid or newer.kind in _VIEWS:
            return False
        return 2 * len(older.columns.keys() & newer.columns.keys()) <= len(older.columns)

    def _of_relation(self, older: Relation) -> _Key:
        moved = self._trial.moved.get(older.oid)
        if moved is not None:
            return "relation renamed", _identity(older), older.name, "", ".".join(moved.name)
        return "relation dropped", _identity(older), older.name, "", ""

    def _of_column(self, older: Relation, column: str) -> _Key:
        moved = self._trial.moved.get(older.oid)
        was = older.columns[column]
        newer = self._trial.newer[older.name]
        name = next((one for one, now in moved.columns.items() if now.number == was.number), "") if moved else ""
        if moved and name and newer.oid == older.oid:
            return "column renamed", _column(older, column), older.name, column, name
        if moved and name and newer.kind in _VIEWS:
            return "column hidden", _column(older, column), older.name, column, f"{'.'.join(moved.name)}.{name}"
        kind: Kind = "column named by every insert dropped" if self._is_named(older, column, was) else "column dropped"
        return kind, _column(older, column), older.name, column, ""

    def _is_named(self, older: Relation, column: str, was: Attribute) -> bool:
        """Whether every insert of the older release has to name the column: no trigger fills it."""
        inserts = [one for one in self._trial.working if one.relation == older.name and one.verb == "insert"]
        bare = was.required and not was.supplied and not was.generated and older.kind not in _VIEWS
        return bare and bool(inserts) and all(column in one.columns for one in inserts)

    def _of_value(self, one: Refused, older: Relation, newer: Relation) -> Iterator[_Key]:
        refusal, name = one.refusal, older.name
        if refusal.code == "23502":
            table = (refusal.schema, refusal.table) if refusal.table else name
            where = Identity("column", table[0], table[1], refusal.column)
            yield "value required", where if refusal.column else _identity(older), name, refusal.column, ""
        elif refusal.code in {"23505", "23P01"}:
            where = self._constraint(refusal.schema, refusal.table, refusal.constraint)
            if not self._is_old(where):
                yield "unique", where, name, "", ""
        elif refusal.code == "23514":
            if refusal.constraint:
                parent = refusal.datatype or refusal.table
                yield "check", Identity("constraint", refusal.schema, parent, refusal.constraint), name, "", ""
            else:
                yield "partition", _identity(older), name, "", ""
        elif refusal.code == "428C9":
            yield from self._of_generated(one, older, newer)
        elif one.statement.key and refusal.code in {"42P10", "55000", "0A000"}:
            if newer.kind not in _VIEWS:  # it stands in for what SQL says of rows, not of keys
                yield "no conflict target", _identity(older), name, ", ".join(one.statement.key), ""
        else:
            yield from self._of_type(one, older, newer)

    def _of_generated(self, one: Refused, older: Relation, newer: Relation) -> Iterator[_Key]:
        for column in one.statement.columns:
            was, now = older.columns[column], newer.columns.get(column)
            if now is not None and ((now.generated and not was.generated) or (now.identity == "a" != was.identity)):
                how = "generated" if now.generated else "identity"
                yield "always generated", _column(older, column), older.name, column, how

    def _of_type(self, one: Refused, older: Relation, newer: Relation) -> Iterator[_Key]:
        """What is refused because of the type of a column, or of what nothing else is known."""
        statement, code = one.statement, one.refusal.code
        for about in ([statement.column] if statement.column else [], self._about(one)):
            if causes := [*self._typed(about, code, older, newer)]:
                yield from causes
                return
        kind: Kind = "read refused" if statement.verb in {"read", "compare"} else "write refused"
        yield kind, _identity(older), older.name, "", code

    def _typed(self, about: Sequence[str], code: str, older: Relation, newer: Relation) -> Iterator[_Key]:
        """Those of the columns ``about`` whose types or labels explain the code."""
        for column in about:
            was, now = older.columns[column], newer.columns.get(column)
            if now is None:
                continue
            retyped, where = was.type != now.type, _column(older, column)
            if retyped and code in _OF_TYPES:
                yield "column retyped", where, older.name, column, now.type
            elif code == "22P02" and self._has_labels(older.name, column):
                yield "label removed", where, older.name, column, ""
            elif retyped and code.startswith("22"):
                yield "too long" if code in _OF_LENGTH else "column retyped", where, older.name, column, now.type

    def _about(self, one: Refused) -> list[str]:
        """The columns that a statement may be refused for, which names several."""
        shown = [
            column
            for column in one.statement.columns
            if (one.refusal.code, one.statement.relation, column) in self._shown
        ]
        return shown or list(one.statement.columns)

    def _has_labels(self, table: Name, column: str) -> bool:
        for sample in self._trial.samples:
            if (sample.table.schema, sample.table.name) == table:
                kind = self._trial.literals.base(sample.table.columns[column])
                return kind is not None and bool(kind.labels)
        return False

    def _constraint(self, schema: str, table: str, name: str) -> Identity:
        as_index = Identity("index", schema, table, name)
        return as_index if as_index in self._trial.after.objects else Identity("constraint", schema, table, name)

    def _is_old(self, where: Identity) -> bool:
        """Whether something like it was there before: two rows that are alike by chance."""
        if where not in self._trial.after.objects:  # of a partition
            return where in self._trial.before.objects
        now = _key(self._trial.after.objects[where])
        return any(
            _key(attributes) == now
            for one, attributes in self._trial.before.objects.items()
            if one.kind in {"index", "constraint"} and (one.schema, one.parent) == (where.schema, where.parent)
        )


def _key(attributes: Attributes) -> tuple[Value, ...]:
    """What a unique index or constraint compares."""
    get = attributes.get
    unique = bool(get("unique")) or get("type") in {"UNIQUE", "PRIMARY KEY", "EXCLUDE"}
    return unique, get("columns"), get("predicate"), get("definition"), bool(get("nulls not distinct"))


def _identity(relation: Relation) -> Identity:
    kinds = {"v": "view", "m": "materialized view", "f": "foreign table"}
    return Identity(kinds.get(relation.kind, "table"), relation.name[0], "", relation.name[1])


def _column(relation: Relation, column: str) -> Identity:
    return Identity("column", relation.name[0], relation.name[1], column)
