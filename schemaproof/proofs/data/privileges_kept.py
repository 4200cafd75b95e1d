"""Privileges that are lost with the object that they were granted on, which is made anew."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from schemaproof.catalog.privileges import PUBLIC, Privilege, Thing
from schemaproof.check import Check
from schemaproof.finding import Cause, Finding, Severity
from schemaproof.migration.environment import Run
from schemaproof.migration.grants import Change, is_said
from schemaproof.migration.history import History
from schemaproof.migration.lines.operations import execute
from schemaproof.migration.lines.quoting import quoted

# All that there is for a table, but for MAINTAIN, which came with 17.
_ALL = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"})
_COMMANDS = ("SELECT", "INSERT", "UPDATE", "DELETE")
# The word of GRANT for each kind of object; a table, a view and their columns need none.
_WORDS = {
    "sequence": "SEQUENCE ",
    "function": "FUNCTION ",
    "aggregate": "FUNCTION ",
    "procedure": "PROCEDURE ",
    "type": "TYPE ",
    "domain": "DOMAIN ",
    "schema": "SCHEMA ",
    "foreign-data wrapper": "FOREIGN DATA WRAPPER ",
    "server": "FOREIGN SERVER ",
}


def _kept(history: History, revision: str) -> Iterator[Finding]:
    stairs = history.stairs(revision)
    grants, down = stairs.grants, stairs.down
    for some in _by_object(_unsaid(grants.lost, stairs.up, revision)):
        yield from _lost(some, revision)
    for some in _by_object(grants.unrestored):
        yield from _unrestored(some, revision)
    left = _unsaid(grants.left, down, revision) if down is not None else ()
    for some in _by_object(left):
        yield _left(some, revision)


def _unsaid(changes: Iterable[Change], run: Run, revision: str) -> Iterator[Change]:
    """``changes`` without what the statements of ``run`` say themselves: they mean it."""
    said = run.privileges.get(revision, ())
    for one in changes:
        privileges = {
            each: on for each, on in one.privileges.items() if not is_said(said, "REVOKE", each.role, one.thing)
        }
        usual = "" if is_said(said, "GRANT", PUBLIC, one.thing) else one.usual
        if privileges or usual:
            yield Change(one.thing, one.remade, privileges, usual)


def _by_object(changes: Iterable[Change]) -> list[list[Change]]:
    """``changes`` with those of its columns after that of a table: one defect, where it was made anew with them."""
    found: dict[object, list[Change]] = {}
    ordered = sorted(changes, key=lambda one: (one.thing.oid, one.thing.number))
    for one in ordered:
        column = one.thing.number
        alone = column and not any(other.thing.oid == one.thing.oid and not other.thing.number for other in ordered)
        found.setdefault((one.thing.oid, column if alone else 0), []).append(one)
    return list(found.values())


def _lost(changes: Sequence[Change], revision: str) -> Iterator[Finding]:
    thing = changes[0].thing
    name = _name(thing)
    if any(one.privileges for one in changes):
        yield PRIVILEGES_KEPT.finding(
            f"{revision} recreates {name} and does not grant again what was granted on it: {_told(changes)}.",
            kind="lost",
            revision=revision,
            object=thing,
            evidence=[
                *_listed(changes, "before"),
                f"after {revision}: another object has the name, and none of these privileges",
            ],
            remedy=f"Grant it again in upgrade(), once the new object has its name: {_lines(changes)}.",
        )
    for usual in (one.usual for one in changes if one.usual):
        yield PRIVILEGES_KEPT.finding(
            f"{revision} recreates {name} and does not revoke again what was revoked from PUBLIC: {usual}.",
            kind="public again",
            severity=Severity.WARNING,
            revision=revision,
            object=thing,
            evidence=[f"before: PUBLIC has no {usual}", f"after {revision}: PUBLIC has {usual}, by default"],
            consequence=_OPEN.format(doing=_DOING[usual]),
            remedy=f"Revoke it again in upgrade(), once the new object is there: `{_revoke(usual, thing)}`.",
        )


def _unrestored(changes: Sequence[Change], revision: str) -> Iterator[Finding]:
    thing = changes[0].thing
    name = _name(thing)
    how = "recreates {} and does not grant again" if changes[0].remade else "does not give back on {}"
    # Of a downgrade that does nothing, all is one defect.
    causes = [Cause("downgrade-missing", revision)]
    if any(one.privileges for one in changes):
        yield PRIVILEGES_KEPT.finding(
            f"The downgrade of {revision} {how.format(name)} what was granted before the upgrade: {_told(changes)}.",
            kind="not restored",
            revision=revision,
            object=thing,
            evidence=[*_listed(changes, "before the upgrade"), "after the downgrade: none of these"],
            consequence=_AFTERWARDS,
            remedy=f"Write in downgrade(), after all else: {_lines(changes)}.",
            causes=causes,
        )
    for usual in (one.usual for one in changes if one.usual):
        yield PRIVILEGES_KEPT.finding(
            f"The downgrade of {revision} leaves {usual} on {name} to PUBLIC, from which it was revoked before the"
            " upgrade.",
            kind="public not restored",
            severity=Severity.WARNING,
            revision=revision,
            object=thing,
            evidence=[f"before the upgrade: PUBLIC has no {usual}", f"after the downgrade: PUBLIC has {usual}"],
            consequence=_OPEN.format(doing=_DOING[usual]),
            remedy=f"Write in downgrade(), after all else: `{_revoke(usual, thing)}`.",
            causes=causes,
        )


def _left(changes: Sequence[Change], revision: str) -> Finding:
    thing = changes[0].thing
    lines = _lines(changes, "REVOKE", "FROM")
    return PRIVILEGES_KEPT.finding(
        f"The downgrade of {revision} leaves what was granted on {_name(thing)}: {_told(changes, 'keeps')}.",
        kind="left",
        severity=Severity.NOTE,
        revision=revision,
        object=thing,
        evidence=_listed(changes, "only after upgrade and downgrade"),
        consequence="Nothing fails; after a rollback these roles may do more than before.",
        remedy=f"Nothing has to be done. To take it back, write in downgrade(): {lines}.",
        causes=[Cause("downgrade-missing", revision)],
    )


def _told(changes: Iterable[Change], verb: str = "loses") -> str:
    """Who loses what, in words."""
    parts = []
    for one in changes:
        where = f" ({one.thing.place.name})" if one.thing.number else ""
        for role, privileges in _by_role(one.privileges).items():
            listed = [f"{each}{where}" for each in privileges]
            parts.append(f"{_role(role)} {verb} {', '.join(listed)}")
    return "; ".join(parts)


def _listed(changes: Iterable[Change], when: str) -> list[str]:
    return [f"{when}: {statement}" for statement in _statements(changes, "GRANT", "TO")]


def _lines(changes: Iterable[Change], word: str = "GRANT", to: str = "TO") -> str:
    return "; ".join(f"`{execute(statement)}`" for statement in _statements(changes, word, to))


def _statements(changes: Iterable[Change], word: str, to: str) -> Iterator[str]:
    """One for the roles that have the same privileges on an object; columns that have the same in one list."""
    for one in changes:
        alike: dict[tuple[tuple[str, ...], bool], list[str]] = defaultdict(list)
        for further in (False, True):
            some = {each: on for each, on in one.privileges.items() if on is further}
            for role, privileges in _by_role(some).items():
                alike[privileges, further].append(_role(role, sql=True))
        for (privileges, further), roles in alike.items():
            columns = f" ({quoted(one.thing.place.name)})" if one.thing.number else ""
            whole = ", ".join(f"{each}{columns}" for each in privileges)
            option = " WITH GRANT OPTION" if further and word == "GRANT" else ""
            yield f"{word} {whole} ON {_on(one.thing)} {to} {', '.join(roles)}{option}"


def _by_role(privileges: Mapping[Privilege, bool]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for role, privilege in privileges:
        found[role].append(privilege)
    return {role: _ordered(some) for role, some in sorted(found.items())}


def _ordered(privileges: Sequence[str]) -> tuple[str, ...]:
    if set(privileges) >= _ALL:
        return ("ALL",)
    first = [one for one in _COMMANDS if one in privileges]
    return (*first, *sorted({*privileges} - {*first}))


def _role(role: str, *, sql: bool = False) -> str:
    if role == PUBLIC:
        return "PUBLIC"
    return quoted(role) if sql else role


def _revoke(usual: str, thing: Thing) -> str:
    return execute(f"REVOKE {usual} ON {_on(thing)} FROM PUBLIC")


def _on(thing: Thing) -> str:
    """The object as GRANT names it."""
    _, schema, parent, name = thing.place
    name, bracket, arguments = name.partition("(") if thing.place.class_ == "routine" else (name, "", "")
    names = [part for part in (schema if schema != "public" else "", parent or name) if part]
    return f"{_WORDS.get(thing.kind, '')}{quoted(*names)}{bracket}{arguments}"


def _name(thing: Thing) -> str:
    return str(thing) if thing.kind in {"schema", "server"} else str(thing).partition(" ")[2]


_AFTERWARDS = 'After a rollback the older release gets "permission denied" where it relied on them.'
_OPEN = "Every role that can connect may {doing}, which an earlier revision has forbidden."
_DOING = {"EXECUTE": "execute it", "USAGE": "use it"}

PRIVILEGES_KEPT = Check(
    id="privileges-kept",
    area="data",
    title="What was granted on an object is granted on the one that takes its place, in upgrades and in downgrades.",
    reason='Roles that relied on it get "permission denied" from the deployment on; tests run as the owner, and pass.',
    remedy="Grant again what was granted: the new object has none of the old one's privileges, whatever its name.",
    scope="revision",
    examine=_kept,
    keywords=("grant", "revoke", "permission"),
)
