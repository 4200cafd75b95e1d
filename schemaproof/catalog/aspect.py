"""One aspect of a database: which rows of pg_catalog are objects, and what of them is compared."""

# ruff: noqa: S608 (what is put together here are this package's own expressions; there is no input)

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

type Expression = str | Since


class Since(NamedTuple):
    """An expression for servers from ``release`` on (15, 17, ...); ``before`` is for older ones, "" leaves it out."""

    release: int
    expression: str
    before: str = ""


class Acl(NamedTuple):
    """Who may do what.

    Attributes:
        kind: the letter of the object's kind for ``acldefault``; "" for what has no default.
        owner: SQL for its owner's oid; "" where that is its table's.
        granted: SQL for its privileges, NULL for the default; "" for what has none.
    """

    kind: str
    owner: str
    granted: str


@dataclass(frozen=True)
class Aspect:
    """Objects of one kind, as data that one query is made of. All expressions are SQL.

    Attributes:
        name: what it is called in this package.
        unit: the class of what its rows are re-read with: "relation", "type", "routine", ... (see ``watch``).
        owner: the oid of that.
        key: a number that an object keeps when it is renamed, unique with ``owner`` in the aspect.
        identity: kind, schema, parent and name.
        attributes: what is compared, by name.
        source: what follows FROM.
        probe: what follows FROM in a query that is quick to find out that there is nothing for the oids $1; of the
            class "other", that there is nothing at all.
        where: which rows count, beside those of user schemas that belong to no extension.
        member: the catalog and the oid by which an extension would own the object; None where it cannot.
        comment: the catalog, oid and sub-oid that its comment is kept under; None where it can have none.
        acl: its privileges; None where it has none.
        generated_from: what PostgreSQL makes a name of where none is given, an array of texts: the label, the table,
            the columns ("names.is_generated"); NULL for none.
    """

    name: str
    unit: str
    owner: str
    key: str
    identity: tuple[str, str, str, str]
    attributes: Mapping[str, Expression]
    source: str
    probe: str
    where: str = "true"
    member: tuple[str, str] | None = None
    comment: tuple[str, str, str] | None = None
    acl: Acl | None = None
    generated_from: str = "NULL::text[]"
    privileges_only: bool = False

    def names(self, release: int, *, privileges: bool) -> list[str]:
        """The attributes that the query for ``release`` returns last, in its order."""
        return [name for name, _ in self._selected(release, privileges=privileges)]

    def query(self, release: int, *, privileges: bool, some: bool) -> str:
        """The query; with ``some`` for the owners in its one parameter, an array of oids."""
        columns = [self.owner, self.key, self.generated_from, *self.identity]
        columns += [expression for _, expression in self._selected(release, privileges=privileges)]
        source, conditions = self.source, [f"({self.where})"]
        if self.comment:
            catalog, oid, sub = self.comment
            source += (
                f"\nLEFT JOIN pg_description d ON d.classoid = '{catalog}'::regclass"
                f" AND d.objoid = {oid} AND d.objsubid = {sub}"
            )
        if self.member:
            catalog, oid = self.member
            conditions.append(
                f"{oid} NOT IN (SELECT e.objid FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass"
                f" AND e.classid = '{catalog}'::regclass AND e.deptype = 'e')"
            )
        if some:
            conditions.append(f"{self.owner} = ANY ($1::oid[])")
        return f"SELECT {', '.join(columns)}\nFROM {source}\nWHERE {' AND '.join(conditions)}"

    def _selected(self, release: int, *, privileges: bool) -> Iterator[tuple[str, str]]:
        for name, expression in self.attributes.items():
            if isinstance(expression, str):
                yield name, expression
            elif release >= expression.release:
                yield name, expression.expression
            elif expression.before:
                yield name, expression.before
        if self.comment:
            yield "comment", "d.description"
        if privileges and self.acl:
            kind, owner, granted = self.acl
            if owner:
                yield "owner", f"pg_get_userbyid({owner})"
            if kind and owner:
                granted = f"coalesce({granted}, acldefault('{kind}', {owner}))"
            if granted:
                yield "privileges", f"(SELECT array_agg(item::text ORDER BY item::text) FROM unnest({granted}) item)"


def words(expression: str, meanings: Mapping[str, str]) -> str:
    """SQL for the word that ``expression``, a "char", stands for; NULL for every other."""
    cases = " ".join(f"WHEN '{letter}' THEN '{word}'" for letter, word in meanings.items())
    return f"CASE {expression} {cases} END"


def user_schema(alias: str = "n") -> str:
    """SQL for the condition that a schema is no system's: users cannot make one whose name begins with pg_."""
    return f"({alias}.nspname <> 'information_schema' AND NOT starts_with({alias}.nspname, 'pg_'))"
