"""An UPDATE that takes back, in every row, what another one of the same revision has just written."""

from collections.abc import Iterator, Sequence

from schemaproof.proofs.data.inhabited import Experiment
from schemaproof.proofs.data.matching import Matched
from schemaproof.proofs.data.tokens import tokens
from schemaproof.proofs.data.writes import Write


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
