"""The rows that row security hides from the older release, in words, and the policies to create."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from schemaproof.catalog import Catalog, Identity
from schemaproof.catalog.values import shown
from schemaproof.check import Check
from schemaproof.finding import Cause, Finding, Severity
from schemaproof.migration.lines.operations import execute
from schemaproof.migration.lines.quoting import quoted
from schemaproof.proofs.releases.affected import Name
from schemaproof.proofs.releases.experiment import Trial
from schemaproof.proofs.releases.renamed import named
from schemaproof.proofs.releases.row_security import COMMANDS, OWNER, Hidden


def reads(check: Check, trial: Trial) -> Iterator[Finding]:
    """The tables of which the older release reads no row."""
    for some in _by_table(trial, {"SELECT"}):
        table = ".".join(some[0].way.table)
        yield check.finding(
            f"After {some[0].revision}, the release before it reads no row of {table}: {_why(some)}.",
            kind="rows hidden",
            consequence="While the deployment rolls out, and after the code was rolled back, its queries of the table"
            " return no rows, and no error.",
            **_rest(some, trial),
        )


def writes(check: Check, trial: Trial, reading: str) -> Iterator[Finding]:
    """The tables that it can't write to; the check ``reading`` tells it of those that it can't read either."""
    for some in _by_table(trial, {"INSERT", "UPDATE", "DELETE"}):
        first, table = some[0], ".".join(some[0].way.table)
        commands = dict.fromkeys(one.way.command for one in some)
        others = " or ".join(one.lower() for one in commands if one != "INSERT")
        does = f"can't {others} any row of {table}"
        if "INSERT" in commands:
            does = f"can't insert into {table}" + (f", nor {others} any row of it" if others else "")
        read = any(one.way.table == first.way.table and one.way.command == "SELECT" for one in trial.hidden)
        yield check.finding(
            f"After {first.revision}, the release before it {does}: {_why(some)}.",
            kind="writes hidden",
            consequence='While the deployment rolls out, and after the code was rolled back, its inserts fail with "new'
            ' row violates row-level security policy", and its updates and deletes find no row.',
            causes=[Cause(reading, first.revision, _identity(first.way.table))] if read else (),
            **_rest(some, trial),
        )


def _by_table(trial: Trial, commands: Collection[str]) -> list[list[Hidden]]:
    found: dict[Name, list[Hidden]] = {}
    for one in trial.hidden:
        if one.way.command in commands:
            found.setdefault(one.way.table, []).append(one)
    return list(found.values())


def _identity(table: Name) -> str:
    return str(Identity("table", table[0], "", table[1]))


def _why(some: Sequence[Hidden]) -> str:
    *more, last = dict.fromkeys(one.way.command for one in some)
    commands = f"{', '.join(more)} or {last}" if more else last
    roles = {one.way.role for one in some}
    if OWNER in roles:
        return (
            "row security is on, by FORCE for its owner too, and no policy lets anybody but superusers and roles with"
            f" BYPASSRLS {commands}"
        )
    return f"row security is on, and no policy lets {' or '.join(map(_role, sorted(roles)))} {commands}"


def _role(role: str) -> str:
    return "PUBLIC" if role == "public" else role


def _rest(some: Sequence[Hidden], trial: Trial) -> dict[str, Any]:
    """What findings on reads and on writes have in common."""
    table, revision = some[0].way.table, some[0].revision
    return {
        "severity": Severity.WARNING,
        "revision": revision,
        "object": _identity(table),
        "evidence": [
            f"before: {_described(trial.before, table)}",
            f"after {revision}: {_described(trial.after, table)}",
        ],
        "remedy": _remedy(table, trial),
    }


def _described(catalog: Catalog, table: Name) -> str:
    attributes = catalog.objects.get(Identity("table", table[0], "", table[1]), {})
    if not attributes.get("row security"):
        return "row security is off"
    forced = ", also for the owner" if attributes.get("force row security") else ""
    policies = [
        f"{one.name} FOR {values['command']} TO {shown(values['roles']).strip('()')}"
        for one, values in catalog.objects.items()
        if one.kind == "policy" and (one.schema, one.parent) == table and values.get("permissive")
    ]
    return f"row security is on{forced}; permissive policies: {', '.join(policies) or 'none'}"


def _remedy(table: Name, trial: Trial) -> str:
    lines = "; ".join(f"`{execute(one)}`" for one in _policies(table, trial))
    write = f"Create the policies in the same revision: {lines}, with a condition of yours where this says true"
    was = trial.before.objects.get(Identity("table", table[0], "", table[1]), {})
    if was.get("row security") and not _is_newly_forced(was, trial.after, table):
        return f"{write}; or keep those that there were until no older release needs them."
    word = "FORCE" if was.get("row security") else "ENABLE"
    return f"{write}; or leave {word} ROW LEVEL SECURITY to the revision that creates them."


def _is_newly_forced(was: Mapping[str, Any], after: Catalog, table: Name) -> bool:
    now = after.objects.get(Identity("table", table[0], "", table[1]), {})
    return bool(now.get("force row security")) and not was.get("force row security")


def _policies(table: Name, trial: Trial) -> Iterator[str]:
    """Those that leave all roles of the older release what they could do."""
    own = [one.way for one in trial.hidden if one.way.table == table]
    roles = {one.role for one in own}
    to = ""
    if not roles & {OWNER, "public"}:
        to = f" TO {', '.join(map(quoted, sorted(roles)))}"
    commands = dict.fromkeys(one.command for one in own)
    if len(commands) == len(COMMANDS):
        yield f"CREATE POLICY {quoted(f'{table[1]}_all')} ON {named(table)}{to} USING (true)"
        return
    for command in commands:
        name = quoted(f"{table[1]}_{command.lower()}")
        yield f"CREATE POLICY {name} ON {named(table)} FOR {command}{to} {_CLAUSES[command]} (true)"


_CLAUSES = {"SELECT": "USING", "INSERT": "WITH CHECK", "UPDATE": "USING", "DELETE": "USING"}
