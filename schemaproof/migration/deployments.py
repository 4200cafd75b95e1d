"""Which revisions one deployment applies: the release before it runs until they have all been applied."""

from collections.abc import Collection, Sequence

from alembic.script import ScriptDirectory
from alembic.util import CommandError

from schemaproof.project.subject import SubjectError


def deployment(
    order: Sequence[str], index: int, *, releases: Collection[str] = (), together: Collection[str] = ()
) -> range:
    """The places of the revisions that are deployed with the one at ``index``.

    Args:
        order: the ids of all revisions, in the order in which they are applied.
        index: the place of one.
        releases: the last revision of each release; where none is named, each revision is a deployment.
        together: those that are new since a release, which one deployment brings.
    """
    if order[index] in together:
        first, last = index, index
        while first > 0 and order[first - 1] in together:
            first -= 1
        while last + 1 < len(order) and order[last + 1] in together:
            last += 1
        return range(first, last + 1)
    if not releases:
        return range(index, index + 1)
    ends = [place for place, revision in enumerate(order) if revision in releases]
    first = max((end + 1 for end in ends if end < index), default=0)
    last = min((end for end in ends if end >= index), default=len(order) - 1)
    return range(first, last + 1)


def resolved(script: ScriptDirectory, name: str) -> str:
    """The id of the revision that ``releases`` names, which may be the beginning of one, or a label.

    Raises:
        SubjectError: where there is none.
    """
    try:
        found = script.get_revision(name)
    except CommandError:
        found = None
    if found is None:
        raise SubjectError(
            f"releases in [tool.schemaproof] names {name!r}, and there is no such revision.",
            remedy="Name the last revision of each release; `alembic history` lists the ids.",
        )
    return found.revision
