"""Whether the ORM's delete leaves what SQL's does, and lets the database do the work."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from schemaproof.budget import LeftOut, within
from schemaproof.check import Check
from schemaproof.finding import Cause, Finding, Severity
from schemaproof.migration.history import History
from schemaproof.proofs.deletes.checks.foreign_keys import has_foreign_keys
from schemaproof.proofs.deletes.checks.undecided import undecided

if TYPE_CHECKING:
    from schemaproof.figure import Grid
    from schemaproof.proofs.deletes.flushes import Flushed, Flushes
    from schemaproof.proofs.deletes.graph import Graph
    from schemaproof.proofs.deletes.ground import Ground
    from schemaproof.proofs.deletes.mapping import Relation

# For all relationships together, and for each at least and at most: there are few ways to declare one, each shows soon.
_EXAMPLES, _LEAST, _MOST = 240, 8, 30
_TOLD_ALONE = 3  # relationships with the same fault; more of them have one finding

type Said = list[tuple[Check, Finding]]


def _as_in_sql(history: History) -> Iterator[Finding]:
    yield from (finding for check, finding in _said(history) if check is DELETE_IN_ORM)


def _by_the_database(history: History) -> Iterator[Finding]:
    yield from (finding for check, finding in _said(history) if check is DELETE_LOADS_CHILDREN)


def _said(history: History) -> Said:
    return history.kept(_all_said)


def _all_said(history: History) -> Said:
    return list(_examined(history))


def _examined(history: History) -> Iterator[tuple[Check, Finding]]:
    if not history.metadata or not has_foreign_keys(history):
        return
    from schemaproof.migration.autogenerate.layout import find_layout
    from schemaproof.proofs.deletes.flushes import Flushes
    from schemaproof.proofs.deletes.ground import GroundError
    from schemaproof.proofs.deletes.mapping import relations
    from schemaproof.proofs.deletes.prepare import copied, ground_of, mapped_connection

    layout = find_layout(history.metadata, history.head_catalog())
    try:
        ground = ground_of(history)
    except GroundError as error:
        yield DELETE_IN_ORM, undecided(DELETE_IN_ORM, error)
        yield DELETE_LOADS_CHILDREN, undecided(DELETE_LOADS_CHILDREN, error)
        return
    known = {*ground.population.tables}
    with history.surroundings():
        try:
            found, left_out = relations(history.metadata, layout.home)
        except Exception as error:  # noqa: BLE001 (the subject's relationships are evaluated, and may raise anything)
            yield DELETE_IN_ORM, _not_configured(error)
            return
        found = [one for one in found if known.issuperset({one.parent, *one.reached})]
        with copied(history) as database, mapped_connection(history, database) as connection:
            flushes = Flushes(connection, ground, examples=min(max(_EXAMPLES // max(len(found), 1), _LEAST), _MOST))
            ordered, until, tried = _one_of_a_kind_first(found, ground.database), history.share(), [0]
            told = list(_each(flushes, _counted(within(ordered, until), tried), ground, left_out))
    if tried[0] < len(found):
        history.left_out[DELETE_IN_ORM.id] = LeftOut(len(found) - tried[0], len(found), "relationships")
    yield from _grouped(told)
    if left_out:
        yield DELETE_IN_ORM, _not_tried(left_out)


def _counted[T](items: Iterable[T], count: list[int]) -> Iterator[T]:
    for one in items:
        count[0] += 1
        yield one


def _each(
    flushes: "Flushes", found: "Iterable[Relation]", ground: "Ground", left_out: dict[str, str]
) -> "Iterator[tuple[Check, Relation, Finding]]":
    """What each relationship's deletes showed; those of which nothing can be said go to ``left_out``."""
    from schemaproof.proofs.deletes.flushes import UndecidedError

    wrong: set[object] = set()
    for relation in found:
        shape = relation.shape(ground.database)
        try:
            examined = flushes.examine(relation, plainly=shape not in wrong)
        except UndecidedError as error:
            left_out[str(relation)] = str(error)
            continue
        differs = None if examined.worst is None else _differs(examined.worst, ground.both)
        if differs is not None:
            wrong.add(shape)
            yield DELETE_IN_ORM, relation, differs
        if examined.childless and examined.with_two:
            yield DELETE_LOADS_CHILDREN, relation, _loads(examined.childless, examined.with_two, differs)


def _one_of_a_kind_first(found: "Sequence[Relation]", graph: "Graph") -> "list[Relation]":
    """Those first of which no other has the same declarations: what is left out at the end is like one that was tried.

    Relationships of one kind stay in their order.
    """
    met: Counter[object] = Counter()
    ranked = []
    for place, relation in enumerate(found):
        shape = relation.shape(graph)
        ranked.append((met[shape] > 0, place, relation))
        met[shape] += 1
    return [relation for *_, relation in sorted(ranked, key=lambda one: one[:2])]


def _grouped(told: "Iterable[tuple[Check, Relation, Finding]]") -> Iterator[tuple[Check, Finding]]:
    """One finding for many relationships with the same fault: it has one cause, and is fixed in one go."""
    groups: dict[object, list[tuple[Check, Relation, Finding]]] = {}
    for check, relation, finding in told:
        groups.setdefault((check.id, finding.severity, finding.remedy, finding.consequence), []).append(
            (check, relation, finding)
        )
    named: dict[str | None, str] = {}  # the object under which a group tells of one relationship
    for group in sorted(groups.values(), key=lambda one: one[0][0] is not DELETE_IN_ORM):
        group.sort(key=lambda one: str(one[1]))
        check, _, first = group[0]
        if len(group) <= _TOLD_ALONE:
            for _, _, finding in group:
                yield check, _caused(finding, named)
            continue
        names = [str(relation) for _, relation, _ in group]
        about = f"relationships {', '.join(names)}"
        named |= {finding.object: about for _, _, finding in group if check is DELETE_IN_ORM}
        causes = dict.fromkeys(cause for _, _, finding in group for cause in _caused(finding, named).causes)
        caused = all(finding.causes for _, _, finding in group)
        yield (
            check,
            replace(
                first,
                causes=tuple(causes) if caused else (),
                object=about,
                message=f"{first.message} The same holds for the other {len(names) - 1}.",
            ),
        )


def _caused(finding: Finding, named: "Mapping[str | None, str]") -> Finding:
    """``finding`` with its causes as their groups are told."""
    causes = (cause._replace(object=named.get(cause.object, cause.object)) for cause in finding.causes)
    return replace(finding, causes=tuple(causes))


def _differs(flushed: "Flushed", graph: "Graph") -> Finding:
    from schemaproof.proofs.deletes.outcome import Refusal, agree, changes, planted, told

    relation, name = flushed.relation, flushed.relation.mapper.class_.__name__
    chosen = [flushed.before[relation.parent][place] for place in flushed.targets]
    evidence: list[str | Grid] = [
        planted(graph, flushed.before),
        f"deleted: {', '.join(told(graph, relation.parent, row) for row in chosen)}",
        f"Session.delete({name}){f', {relation} loaded' if flushed.loaded else ''}:"
        f" {changes(graph, flushed.before, flushed.by_orm)}",
        f"a DELETE in SQL: {changes(graph, flushed.before, flushed.by_sql)}",
    ]
    if agree(graph, flushed.by_orm, flushed.by_sql):
        return _twice(flushed, evidence)
    if isinstance(flushed.by_sql, Refusal):
        return _by_the_orm_alone(relation, evidence)
    upwards = relation.upwards
    return DELETE_IN_ORM.finding(
        f"Session.delete({name}) does not do to the rows of {relation} what a DELETE does.",
        kind="rows differ",
        severity=Severity.NOTE if upwards else Severity.ERROR,
        object=f"relationship {relation}",
        evidence=evidence,
        remedy="If only the ORM deletes these rows, nothing has to be done; otherwise delete the parent in SQL too: no"
        " foreign key cascades from a child to its parent."
        if upwards
        else None,
    )


def _twice(flushed: "Flushed", evidence: "Sequence[str | Grid]") -> Finding:
    """The same rows are left, but the ORM sent deletes for some that the database had deleted."""
    name, relation = flushed.relation.mapper.class_.__name__, flushed.relation
    return DELETE_IN_ORM.finding(
        f"Session.delete({name}) deletes rows of {relation} that the database has deleted already.",
        kind="deleted twice",
        severity=Severity.WARNING,
        object=f"relationship {relation}",
        evidence=[*evidence, f"rows that the ORM deletes and does not find: {flushed.traffic.missed}"],
        consequence="The rows that are left are the same, but SQLAlchemy warns that it expected to delete more.",
        remedy="Give each foreign key between rows that are deleted together a relationship, so that the ORM knows"
        " their"
        ' order; or silence the warning: `__mapper_args__ = {"confirm_deleted_rows": False}`.',
    )


def _by_the_orm_alone(relation: "Relation", evidence: "Sequence[str | Grid]") -> Finding:
    """A DELETE is refused where the ORM does something first."""
    name, association = relation.mapper.class_.__name__, len(relation.reached) > 1
    return DELETE_IN_ORM.finding(
        f"Only the ORM knows what happens to the rows of {relation} when {_a(name)} is deleted.",
        kind="by the ORM alone",
        severity=Severity.NOTE if association else Severity.WARNING,
        object=f"relationship {relation}",
        evidence=evidence,
        consequence="A DELETE in SQL, by a person, a job or another program, is refused; and a row that another session"
        " inserts while the ORM deletes makes the flush fail.",
        remedy='Declare it in the foreign key too, in the model and in a revision: ondelete="CASCADE" or "SET NULL", as'
        " the relationship acts; and give the relationship passive_deletes=True.",
    )


def _a(noun: str) -> str:
    """``noun`` with its article: "an Account"."""
    return f"{'an' if noun[:1].upper() in set('AEIO') else 'a'} {noun}"


def _loads(childless: "Flushed", parent: "Flushed", differs: Finding | None) -> Finding:
    """The ORM's work grows with the children; ``differs`` where it also leaves other rows than SQL."""
    relation, name = parent.relation, parent.relation.mapper.class_.__name__
    wanted = relation.listened
    return DELETE_LOADS_CHILDREN.finding(
        f"Session.delete({name}) loads or writes the rows of {relation} one by one, although the foreign key handles"
        " them.",
        severity=Severity.NOTE if wanted else Severity.WARNING,
        object=f"relationship {relation}",
        evidence=f"without children: {childless.traffic}\nwith two children: {parent.traffic}",
        remedy="If the class's listeners for deletes need each object, nothing has to be done; otherwise give the"
        " relationship passive_deletes=True."
        if wanted
        else None,
        causes=[Cause(DELETE_IN_ORM.id, object=differs.object)] if differs is not None else (),
    )


def _not_configured(error: Exception) -> Finding:
    return DELETE_IN_ORM.finding(
        "SQLAlchemy can't configure the mappers, so no delete by the ORM was tried.",
        kind="mappers",
        severity=Severity.NOTE,
        evidence=f"{type(error).__name__}: {error}",
        consequence="Whether the ORM's deletes do what SQL does is not known.",
        remedy="Import all modules with models in env.py, or fix the mapping that the error above names.",
    )


def _not_tried(left_out: dict[str, str]) -> Finding:
    from schemaproof.proofs.deletes.mapping import MORE_ROWS

    values = any(not why.endswith(MORE_ROWS) for why in left_out.values())
    return DELETE_IN_ORM.finding(
        f"Deletes along {', '.join(sorted(left_out))} could not be tried.",
        kind="not tried",
        severity=Severity.NOTE,
        evidence="\n".join(f"{relation}: {why}" for relation, why in sorted(left_out.items())),
        consequence="Whether they do what SQL does is not known.",
        remedy='Give them Hypothesis strategies with values that the ORM can load: rows = "MODULE:ATTRIBUTE" in'
        " [tool.schemaproof]."
        if values
        else "Delete such an object in a test of your own, with the rows that it needs.",
    )


DELETE_IN_ORM = Check(
    id="delete-in-orm",
    area="delete",
    title="The ORM's delete of an object leaves the rows that a DELETE leaves.",
    reason="The same delete has two results: children stay, lose their parent or make the flush fail, depending on"
    " whether the application or SQL deletes, and on what happens to be loaded.",
    remedy="Declare the relationship as the foreign key acts: for ON DELETE CASCADE"
    ' `cascade="all, delete-orphan", passive_deletes=True`, for SET NULL `passive_deletes=True`.',
    scope="history",
    examine=_as_in_sql,
    keywords=("delete", "relationship"),
)

DELETE_LOADS_CHILDREN = Check(
    id="delete-loads-children",
    area="delete",
    title="The ORM's delete leaves children to the database: its work does not grow with their number.",
    reason="Deleting a parent with many children loads all of them into memory and sends statements for each, while the"
    " transaction holds their locks.",
    remedy="Give the relationship `passive_deletes=True`.",
    scope="history",
    examine=_by_the_database,
    keywords=("delete", "relationship"),
)
