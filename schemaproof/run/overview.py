"""What a verification would ask, found without a server; most projects' files are not even imported for it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from alembic.script import Script, ScriptDirectory

from schemaproof.check import Check
from schemaproof.errors import ProofError
from schemaproof.project.subject import Subject
from schemaproof.report.outcome import Scope
from schemaproof.report.style import counted, span
from schemaproof.run.costs import Cost, cost_of
from schemaproof.run.items.process import Assistant
from schemaproof.run.items.revisions import BrokenError, NotPlainError, read_chain, run_chain
from schemaproof.run.scope import Wanted

# The first revision and the second: Alembic records them by other statements than each other, and all above like it.
_FIRST = 2
_CRASHED_FIRST = 4


@dataclass(frozen=True)
class Overview:
    """The revisions of a project, and which are asked about.

    Attributes:
        revisions: the ids of all, in the order in which they are applied.
        scope: those that are asked about; None for all.
        costs: a guess for each that is asked about, in that order.
    """

    revisions: tuple[str, ...]
    scope: Scope | None
    costs: tuple[Cost, ...]

    @property
    def faults(self) -> int:
        """How many are injected, crashes apart, by the costs."""
        first, others = self.costs[:_FIRST], self.costs[_FIRST:]
        return sum(cost.first_faults for cost in first) + sum(cost.faults for cost in others)

    @classmethod
    def of(
        cls,
        subject: Subject,
        script: ScriptDirectory,
        order: Sequence[Script],
        wanted: Wanted,
        selected: Sequence[str] = (),
    ) -> "Overview":
        """That of the revisions in ``order``, where the checks with the ids ``selected`` are asked.

        Raises:
            ProofError: as ``Wanted.scope``.
        """
        scope = wanted.scope(script, order, subject.project)
        if wanted.shard is not None:
            scope = wanted.shard.scope(scope, order, selected, "")
        asked = None if scope is None else set(scope.asked)
        costs = tuple(cost_of(Path(one.path)) for one in order if asked is None or one.revision in asked)
        return cls(tuple(one.revision for one in order), scope, costs)


def overview(subject: Subject, wanted: Wanted, selected: Sequence[Check] = ()) -> Overview:
    """The overview of ``subject``; what a part is depends on the checks that are ``selected``.

    Raises:
        ProofError: if the revisions can't be walked, or as ``Wanted.scope``.
    """
    cause, ids = "", [check.id for check in selected]
    try:
        return Overview.of(subject, *read_chain(subject), wanted, ids)
    except BrokenError as error:
        cause = f": {error}"
    except NotPlainError:
        with Assistant() as assistant:
            found = assistant.call(run_overview, subject, wanted, ids)
        if found is not None:
            return found
    raise ProofError(
        f"The revisions can't be put in order{cause.removesuffix('.')}.",
        remedy="Run `schemaproof verify --select revision-import,revision-chain`: it says what is wrong with them.",
    )


def run_overview(subject: Subject, wanted: Wanted, selected: Sequence[str]) -> Overview | None:
    """As ``overview``, found by running the files, in a process of its own; None where they can't be put in order.

    Raises:
        ProofError: as ``Wanted.scope``.
    """
    chain = run_chain(subject)
    return None if chain.defects else Overview.of(subject, chain.script, chain.revisions, wanted, selected)


def as_text(checks: Sequence[Check], seen: Overview) -> str:
    """What ``checks`` would be asked of; ends with a newline."""
    return "\n".join([*_lines(checks, seen)]) + "\n"


def _lines(checks: Sequence[Check], seen: Overview) -> Iterator[str]:
    width = max(len(check.id) for check in checks)
    for check in checks:
        yield f"{check.id:<{width}}  {_told(check, seen)}"
    yield ""
    yield f"{counted(len(checks), 'check')}, {counted(len(seen.revisions), 'revision')}; nothing was run"
    if seen.scope is not None:
        asked = f"{span(seen.scope.asked)}: {seen.scope.why}" if seen.scope.asked else f"none is {seen.scope.why}"
        yield f"revisions asked one by one: {asked}"
        yield from seen.scope.remarks
    if any(_faults(check, seen) for check in checks):
        yield "Faults and crashes are estimated from the operations in the files; a run counts what it injects."


def _told(check: Check, seen: Overview) -> str:
    faults = _faults(check, seen)
    if check.scope == "history" and not faults:
        return "once"
    return counted(len(seen.costs), "revision") + (f", {faults}" if faults else "")


def _faults(check: Check, seen: Overview) -> str:
    """How many faults or crashes ``check`` needs, in words; "" for none."""
    if check.id == "atomicity":
        return "about " + counted(seen.faults, "fault")
    if check.id == "rerun-after-failure":
        return "judges the faults of atomicity"
    if check.id == "crash-recovery":
        first = _CRASHED_FIRST * min(_FIRST, len(seen.costs))
        return "about " + counted(first + sum(cost.crashes for cost in seen.costs), "crash", "crashes")
    return ""
