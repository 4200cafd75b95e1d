"""Which values each column of a table may be given: those that its type, and the checks of it alone, accept."""

import re
import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from schemaproof.rows.choices import Choices
from schemaproof.rows.constraints import Check, Constraints
from schemaproof.rows.edges import edges
from schemaproof.rows.planting import Written, document, quote
from schemaproof.rows.server_side import REFUSED, cast_each, evaluate_each
from schemaproof.rows.tables import Column, Table
from schemaproof.rows.types import Cursor, Type, domains
from schemaproof.rows.values import UnknownTypeError, text_of

_COUNTED = 40  # values that differ by their number alone: as many rows as a unique column can always tell apart
_LATER = 1_000_000  # where they go on in a table that holds rows
_MATCHES = 20  # texts of a regular expression
_PATTERN = re.compile(r"~ '((?:[^']|'')+)'::text")
# Classes of characters as PostgreSQL writes them within brackets (manual, "Bracket Expressions"), and as Python does.
_CLASSES = {
    "[:alpha:]": "a-zA-Z",
    "[:alnum:]": "a-zA-Z0-9",
    "[:digit:]": "0-9",
    "[:lower:]": "a-z",
    "[:upper:]": "A-Z",
    "[:xdigit:]": "0-9a-fA-F",
    "[:space:]": r"\s",
    "[:word:]": r"\w",
    "[:punct:]": r"!-/:-@\[-`{-~",
}


@dataclass
class Pool:
    """The values of one column, as the server prints them, the plainest first.

    Attributes:
        values: none where no value is known.
        nullable: whether the column, and the checks of it alone, take NULL.
        given: whether the project gave the values.
        hard: those of its values that are at its type's edges.
    """

    values: list[str] = field(default_factory=list)
    nullable: bool = True
    given: bool = False
    hard: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Subject:
    """One table with all that is known of it."""

    table: Table
    constraints: Constraints
    written: Written
    empty: bool

    @property
    def alias(self) -> str:
        """A name for its rows that the columns of its expressions may be qualified with."""
        return quote(self.table.name)


def written(table: Table, constraints: Constraints, types: Mapping[int, Type]) -> Written:
    """The table as its statements are written."""
    given = [one for one in table.columns.values() if not one.generated]
    return Written(
        (table.schema, table.name),
        {one.name: constraints.printed[one.name] for one in given},
        frozenset(one.name for one in given if _base(types, one).name in {"json", "jsonb"}),
        tuple(table.columns),
        table.partitioned,
    )


def _base(types: Mapping[int, Type], column: Column) -> Type:
    above = domains(types, column.type)
    return types[above[-1].base or 0] if above else types[column.type]


def candidates(types: Mapping[int, Type], subject: Subject, column: Column) -> list[str]:
    """Values to be tried for the column, the plainest first: what checks mention goes before all."""
    choices = Choices(types, subject.table)
    checked = any(column.name in one.columns for one in subject.constraints.checks)
    checked = checked or any(one.checks for one in domains(types, column.type))
    likely = [one for number in (0, 1, 2) for one in choices.of(column, number)] if checked else []
    preferred = [one for number in range(3) if (one := choices.preferred(column, number)) is not None]
    numbers = list(range(_COUNTED if _distinct(subject, column) else 3))
    numbers += [] if subject.empty else range(_LATER, _LATER + _COUNTED)
    try:
        plain = [text_of(types, column.type, column.modifier, number) for number in numbers]
    except UnknownTypeError:
        plain = []
    texts = [one for one in likely if isinstance(one, str)]
    hard = edges(types, column.type, column.modifier)
    return list(dict.fromkeys([*preferred, *plain, *texts, *_matching(types, subject, column), *hard]))


def _distinct(subject: Subject, column: Column) -> bool:
    return any(column.name in one.columns for one in subject.constraints.uniques)


def _matching(types: Mapping[int, Type], subject: Subject, column: Column) -> list[str]:
    """Texts for the regular expressions in checks, as far as Python's mean the same."""
    checks = [one.expression for one in subject.constraints.checks if column.name in one.columns]
    checks += [text for one in domains(types, column.type) for text in one.checks]
    patterns = [body.replace("''", "'") for text in checks for body in _PATTERN.findall(text)]
    return [text for pattern in patterns for text in _texts_of(pattern)]


def _texts_of(pattern: str) -> list[str]:
    for ours, pythons in _CLASSES.items():
        pattern = pattern.replace(ours, pythons)
    from schemaproof.rows.projects import collected

    try:
        from hypothesis.errors import HypothesisException
        from hypothesis.strategies import from_regex

        from schemaproof.rows.strategies import TEXTS

        # Without an alphabet, Hypothesis tries each code point with a codec first, which takes seconds.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of other sets within brackets: PostgreSQL's [=a=]
            compiled = re.compile(pattern, re.ASCII)
        strategy = from_regex(compiled, fullmatch=True, alphabet=TEXTS)
        found = collected(strategy, _COUNTED * 2)
    except (re.error, ValueError, HypothesisException):
        return []
    return sorted((one for one in found if isinstance(one, str)), key=lambda one: (len(one), one))


def pools(
    cursor: Cursor,
    types: Mapping[int, Type],
    subjects: Collection[Subject],
    given: Mapping[tuple[int, str], list[str | None]],
    likely: Mapping[tuple[int, str], Sequence[str]],
) -> dict[tuple[int, str], Pool]:
    """The pool of each column that can be given a value, by the table's oid and the column's name.

    Args:
        cursor: in the transaction of ``server_side``.
        types: all types.
        subjects: the tables.
        given: the values that the project gave for a column, which is given no others, and NULL if it is among them.
        likely: values for a column; where the server accepts any of them, it is given no others.

    Raises:
        ValueError: where the server refuses a value that the project gave.
    """
    asked: list[tuple[int, str, str, str]] = []
    for subject in subjects:
        for name, printed in subject.written.printed.items():
            place = (subject.table.oid, name)
            some: list[str | None] = [*given.get(place, ())]
            if place not in given:
                some = [*likely.get(place, ()), *candidates(types, subject, subject.table.columns[name])]
            asked += [(*place, printed, text) for text in some if text is not None and _encodable(cursor, text)]
    answers = cast_each(cursor, list(pairs := dict.fromkeys((printed, text) for *_, printed, text in asked)))
    # What is rounded may leave its type's range, and the server prints what it would not read.
    printed_again = iter(
        cast_each(cursor, [(one, text) for (one, _), text in zip(pairs, answers, strict=True) if text])
    )
    answers = [text if not text or next(printed_again) == text else None for text in answers]
    known = dict(zip(pairs, answers, strict=True))
    found: dict[tuple[int, str], Pool] = {}
    for subject in subjects:
        for name in subject.written.printed:
            place, required = (subject.table.oid, name), subject.table.columns[name].required
            column, printed = subject.table.columns[name], subject.written.printed[name]
            hard = {known.get((printed, text)) for text in edges(types, column.type, column.modifier)}
            nullable = not required and None in given.get(place, [None])
            found[place] = Pool([], nullable, place in given, frozenset(one for one in hard if one is not None))
    for oid, name, printed, text in asked:
        if known[printed, text] is None and (oid, name) in given:
            raise _refused_value(
                next(one for one in subjects if one.table.oid == oid), name, text, f"is not of type {printed}"
            )
        if (value := known[printed, text]) is not None and value not in found[oid, name].values:
            found[oid, name].values.append(value)
    for subject in subjects:
        for check in subject.constraints.checks:
            if len(check.columns) == 1 and check.columns[0] in subject.written.printed:
                _filter(cursor, subject, check, found[subject.table.oid, check.columns[0]])
    for place in likely.keys() & found.keys() - given.keys():
        _prefer(found[place], likely[place])
    return found


def _prefer(pool: Pool, likely: Sequence[str]) -> None:
    """Leave in the pool the likely values alone, if it has any of them."""
    if kept := [one for one in pool.values if one in likely]:
        pool.values, pool.given = kept, True


def _encodable(cursor: Cursor, text: str) -> bool:
    encoding = cursor.connection.info.parameter_status("server_encoding")
    return encoding == "UTF8" or text.isascii()


def _filter(cursor: Cursor, subject: Subject, check: Check, pool: Pool) -> None:
    """Leave in the pool what the check accepts."""
    rows: list[dict[str, str | None]] = [{check.columns[0]: value} for value in [*pool.values, None]]
    accepted = holding(cursor, subject, check.expression, rows)
    if pool.given and not all(accepted[:-1]):
        text = pool.values[accepted.index(False)]
        raise _refused_value(subject, check.columns[0], text, f"the check {check.name} rejects")
    if not any(accepted):
        return  # perhaps it cannot be evaluated by itself: the trial of whole rows decides
    pool.values = [value for value, holds in zip(pool.values, accepted, strict=False) if holds]
    pool.nullable &= accepted[-1]


def _refused_value(subject: Subject, name: str, text: str, why: str) -> ValueError:
    return ValueError(
        f"the project's strategy for {subject.table}.{name} gives {text!r}, which {why}:"
        " generate only values that the column accepts"
    )


def holding(cursor: Cursor, subject: Subject, expression: str, rows: list[dict[str, str | None]]) -> list[bool]:
    """For each row whether the expression is not false."""
    return [one not in {"false", REFUSED} for one in evaluated(cursor, subject, expression, rows)]


def evaluated(cursor: Cursor, subject: Subject, expression: str, rows: list[dict[str, str | None]]) -> list[str | None]:
    """The expression's value for each row."""
    used = {name: kind for name, kind in subject.written.printed.items() if any(name in row for row in rows[:1])}
    narrow = Written(subject.written.name, used, subject.written.json, (), False)
    source = f"{narrow.source('$1')} {subject.alias}"
    return evaluate_each(cursor, source, expression, [document_of(row) for row in rows])


def document_of(row: Mapping[str, str | None]) -> str:
    """A row as a JSON object."""
    return document([row])[1:-1]
