"""Functions that work before a deployment and fail after it, in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from schemaproof.catalog import Catalog, Identity
from schemaproof.catalog.values import Attributes
from schemaproof.finding import Severity
from schemaproof.migration.lines.operations import execute
from schemaproof.migration.lines.quoting import literal, quoted
from schemaproof.proofs.releases.experiment import Trial
from schemaproof.proofs.releases.fired import Fired, triggers
from schemaproof.proofs.releases.routines import Broken
from schemaproof.proofs.releases.suspects import body_words, gone, mentions

_SHOWN = 3  # pieces or statements of one function
_WIDTH = 200  # characters of one
_VERBS = {"insert": "insert into", "update": "update", "delete": "delete from"}


@dataclass
class Told:
    """What is said of one function.

    Attributes:
        routine: it.
        severity: how bad it is.
        revision: the one that breaks it.
        message: one sentence.
        lines: the evidence.
        consequence: what happens in production.
    """

    routine: Identity
    severity: Severity
    revision: str
    message: str
    lines: list[str] = field(default_factory=list)
    consequence: str = ""

    @property
    def kind(self) -> str:
        """What stays of it whatever the message says."""
        return {Severity.ERROR: "writes fail", Severity.WARNING: "fails"}.get(self.severity, "may fail")


def broken(trial: Trial) -> Iterator[Told]:
    """Each function once: what it keeps from being written, that it fails, or that it may."""
    told: set[Identity] = set()
    for routine, some in _by_routine(trial.fired):
        told.add(routine)
        yield _of_writes(routine, some, trial.after)
    for routine, pieces in _by_routine(list(trial.routines.broken())):
        if routine not in told:
            told.add(routine)
            yield _of_calls(routine, pieces)
    yield from (one for one in _unclear(trial) if one.routine not in told)


def remedy(told: Told, catalog: Catalog) -> str:
    """The line to type, with the function's own head."""
    one = told.routine
    named = _signature(one)
    replaced = execute(f"CREATE OR REPLACE {_head(one, catalog.objects[one])} AS $$ ... $$")
    line = f"Replace it in {told.revision}: `{replaced}`, and the former body in downgrade()."
    if told.severity is Severity.ERROR:
        return line
    dropped = execute(f"DROP {one.kind.upper()} {named}")
    if told.severity is Severity.WARNING:
        return f"{line} If nothing calls it any more, drop it: `{dropped}`."
    return f"Read it. If it is about what {told.revision} changes: {line[0].lower()}{line[1:]}"


def _by_routine[T: (Fired, Broken)](some: Sequence[T]) -> Iterator[tuple[Identity, list[T]]]:
    for routine, each in groupby(sorted(some, key=lambda one: one.routine), key=lambda one: one.routine):
        yield routine, list(each)


def _of_writes(routine: Identity, some: Sequence[Fired], catalog: Catalog) -> Told:
    first = some[0]
    every = [one for one in some if one.every] or some
    tables = dict.fromkeys(one.statement.relation for one in every)
    verbs = {
        table: list(dict.fromkeys(one.statement.verb for one in every if one.statement.relation == table))
        for table in tables
    }
    what = "; ".join(_failing(verbs[table], ".".join(table)) for table in tables)
    run = sorted({name for one in some for name in triggers(one.statement.relation, one.refusal, catalog)})
    by = f", which the trigger {' and '.join(run)} runs," if run else ""
    said = first.refusal.message
    all_fail = any(one.every for one in some)
    fails = f"no release can {what}" if all_fail else f"some writes fail for every release ({what})"
    told = Told(
        routine,
        Severity.ERROR,
        first.revision,
        f"After {first.revision}, {fails}: {routine}{by} fails with {said}.",
        consequence="Every release fails with this error, the newer one too, until the function is replaced.",
    )
    shown = {one.statement.verb: one for one in reversed(every)}
    for one in sorted(shown.values(), key=every.index):
        refusal, where = one.refusal, one.refusal.context.splitlines()
        told.lines += [
            _cut(one.statement.text),
            f"  after {one.revision}: {refusal.code} {refusal.message}",
            *(f"  {line}" for line in where[-2:]),
        ]
    return told


def _failing(verbs: Sequence[str], table: str) -> str:
    words = [_VERBS[verb] for verb in verbs]
    if len(words) == 1:
        return f"{words[0]} {table}"
    plain = [word.split()[0] for word in words]
    return f"{', '.join(plain[:-1])} or {plain[-1]} rows of {table}"


def _of_calls(routine: Identity, pieces: Sequence[Broken]) -> Told:
    ordered = sorted(pieces, key=lambda one: (not one.sure, one.piece.line if one.piece else 0))
    first = ordered[0]
    said = first.refusal.message
    if first.sure:
        severity, fails = Severity.WARNING, f"{routine} fails: {said}"
        consequence = "Each call fails with this error: of a query, a view, a job or another function."
    else:
        severity, fails = Severity.NOTE, f"{routine} fails where it comes to line {_line(first)}: {said}"
        consequence = "A call that comes to this line fails, if nothing in the function keeps it from there."
    told = Told(routine, severity, first.revision, f"After {first.revision}, {fails}.", consequence=consequence)
    for one in ordered[:_SHOWN]:
        where = "compiled as a whole" if one.piece is None else f"line {_line(one)}: {_cut(one.piece.source)}"
        told.lines += [where, f"  before: passes; after {one.revision}: {one.refusal.code} {one.refusal.message}"]
    if len(ordered) > _SHOWN:
        told.lines.append(f"and {len(ordered) - _SHOWN} more like these")
    return told


def _unclear(trial: Trial) -> Iterator[Told]:
    undecided = list(trial.routines.undecided())
    lost = gone(trial.before, trial.after) if undecided else []
    revision = trial.ended
    for routine, body, pieces in undecided:
        words = body_words(trial.after.objects[routine])
        found = [(one.what, piece) for one in lost for piece in mentions(one, body, words, pieces, trial.after)]
        if found:
            what, piece = found[0]
            yield Told(
                routine,
                Severity.NOTE,
                revision,
                f"{routine} may be about {what}, which {revision} drops or renames: line {piece.line} is known only"
                " when it runs.",
                [f"line {one.line}: {_cut(one.source)}" for one in dict.fromkeys(one for _, one in found)][:_SHOWN],
                "If it is, the function fails when it comes to this line.",
            )


def _line(one: Broken) -> int:
    return one.piece.line if one.piece else 1


def _signature(one: Identity) -> str:
    bare, _, arguments = one.name.partition("(")
    return f"{quoted(*((one.schema, bare) if one.schema != 'public' else (bare,)))}({arguments}"


def _head(one: Identity, attributes: Attributes) -> str:
    """What stands before the body; the arguments with the defaults, which can't be left out."""
    named = _signature(one).partition("(")[0]
    returns = f" RETURNS {attributes['returns']}" if attributes.get("returns") else ""
    head = f"{one.kind.upper()} {named}({attributes.get('arguments') or ''}){returns} LANGUAGE {attributes['language']}"
    return " ".join([head, *_properties(one, attributes)])


def _properties(one: Identity, attributes: Attributes) -> Iterator[str]:
    """What CREATE OR REPLACE sets back where it is left out."""
    if one.kind == "function":
        volatility, parallel = str(attributes.get("volatility")), str(attributes.get("parallel"))
        yield from [volatility.upper()] if volatility != "volatile" else []
        yield from ["STRICT"] if attributes.get("strict") else []
        yield from [f"PARALLEL {parallel.upper()}"] if parallel != "unsafe" else []
    yield from ["SECURITY DEFINER"] if attributes.get("security definer") else []
    settings = attributes.get("settings")
    for setting in settings if isinstance(settings, tuple) else ():
        name, _, value = str(setting).partition("=")
        yield f"SET {name} TO {value if name == 'search_path' and value != '""' else literal(value.strip('"'))}"


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]} ..."
