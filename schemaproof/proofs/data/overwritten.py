"""An UPDATE of every row that overwrites what was there, or what another one of the same revision has just written."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from schemaproof.proofs.data.inhabited import Experiment
from schemaproof.proofs.data.matching import Matched
from schemaproof.proofs.data.snapshot import Cells
from schemaproof.proofs.data.tokens import split, tokens
from schemaproof.proofs.data.writes import Write


@dataclass(frozen=True)
class Overwriting:
    """An UPDATE without a condition of a column that had values.

    Attributes:
        column: which.
        write: the UPDATE.
        changes: a row before, its value then and its value now, for each that had another value.
    """

    column: str
    write: Write
    changes: Sequence[tuple[Cells, str | None, str | None]]


def overwriting(experiment: Experiment, table: Matched, told: Collection[str] = ()) -> Iterator[Overwriting]:
    """What values other values replace in every row, but for the columns ``told``.

    It may be meant, and nothing tells. Surely meant it is where the new value is made of the old one, where it is NULL,
    a time or a chance, and where the revision says that it can't be undone.
    """
    if experiment.irreversible or experiment.writes.opaque:
        return
    updates = [one for one in experiment.writes.to({table.before.name, table.after.name}, "update") if _plain(one)]
    for write in updates:
        if write.chosen or _joins(write):
            continue
        for column in write.columns:
            now = table.columns.get(column)
            if now is None or now.generated or column in told or column in write.touched or _reads(write, column):
                continue
            pairs = [(row, other) for row, other in table.pairs if row[column] not in {None, other[now.name]}]
            erased = all(other[now.name] is None for _, other in pairs)
            if not erased and not experiment.by_chance(table.after, pairs[0][1], now.name):
                yield Overwriting(column, write, [(row, row[column], other[now.name]) for row, other in pairs])


def defaults_replaced(experiment: Experiment, table: Matched, defaults: Mapping[str, str]) -> Iterator[Overwriting]:
    """The new columns of which an UPDATE without a condition sets every row to one constant, and not to the default.

    Args:
        experiment: the upgrade.
        table: one of it.
        defaults: what a new row gets, by the column, as the server prints it after the upgrade.
    """
    numbers = {one.number for one in table.before.columns.values()}
    updates = [one for one in experiment.writes.to({table.before.name, table.after.name}, "update") if _plain(one)]
    for write in updates:
        if write.chosen or _joins(write) or experiment.writes.opaque or experiment.irreversible:
            continue
        for column, value in _constants(write):
            now, default = table.after.columns.get(column), defaults.get(column)
            if now is None or now.number in numbers or default is None or not table.pairs:
                continue
            held = {other[column] for _, other in table.pairs}
            if len(held) == 1 and None not in held and value not in {word.text for word in tokens(default)}:
                yield Overwriting(column, write, [(row, default, other[column]) for row, other in table.pairs])


def _constants(one: Write) -> Iterator[tuple[str, str]]:
    """Each column that is set to a literal, with it."""
    for part in split(one.words):
        match [word for word in part if word.text != "-"]:
            case [name, equals, value] if equals.text == "=" and (
                value.kind in {"string", "number"} or value.text in {"true", "false"}
            ):
                yield name.text, value.text


def overwritten(experiment: Experiment, table: Matched) -> Iterator[tuple[str, Write, Write]]:
    """Each column that is written twice, with both statements: the second has no condition, and none between reads it.

    Nobody writes the first for nothing: the second has lost its WHERE. A statement in a DO block or a function may be
    in a branch of its own, and is left out.
    """
    updates = [one for one in experiment.writes.to({table.before.name, table.after.name}, "update") if _plain(one)]
    for place, second in enumerate(updates):
        if second.chosen or _joins(second):
            continue
        for column in second.columns:
            first = next((one for one in updates[:place] if column in one.columns), None)
            if (
                first is not None
                and not _reads(second, column)
                and not _read_between(experiment, first, second, column)
            ):
                yield column, first, second


def _plain(one: Write) -> bool:
    words = tokens(one.statement)
    return bool(words) and words[0].kind == "word" and words[0].text == "update"


def _joins(one: Write) -> bool:
    return "from" in _keywords(one)


def _reads(one: Write, column: str) -> bool:
    """Whether its new values are made of the column's."""
    return [word.text for word in one.words if word.is_name].count(column) > 1


def _read_between(experiment: Experiment, first: Write, second: Write, column: str) -> bool:
    """Whether a statement between both names the column: it may choose rows by what the first wrote."""
    found, sent = experiment.writes.found, experiment.witness.statements
    writes = found[found.index(first) + 1 : found.index(second)]
    between = sent[sent.index(first.statement) + 1 : sent.index(second.statement)]
    return any(column in {word.text for word in one.words} for one in writes) or any(
        column in {word.text for word in tokens(text)} for text in between
    )


def _keywords(one: Write) -> Sequence[str]:
    return [word.text for word in one.words if word.kind == "word"]
