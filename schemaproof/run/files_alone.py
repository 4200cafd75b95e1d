"""What the revisions' files say without env.py and a server: whether they can be imported and hang together.

It is what a hook asks before each commit. Where anything is wrong with them, a run of env.py has to say what: some can
be imported only then.
"""

from collections.abc import Sequence
from time import perf_counter

from schemaproof.check import Check
from schemaproof.project.allowances import of_revision
from schemaproof.project.subject import Subject
from schemaproof.proofs.registry import CHECKS
from schemaproof.run.items.revisions import run_chain
from schemaproof.run.record import Record
from schemaproof.run.scope import Wanted

_AREA = "history"
_SERVER = "none is needed: the files say it"
_KNOWN = frozenset(check.id for check in CHECKS)


def suffice(checks: Sequence[Check], wanted: Wanted) -> bool:
    """Whether the files can answer all of ``checks``."""
    return wanted.shard is None and all(check.area == _AREA for check in checks)


def look(subject: Subject, checks: Sequence[Check], wanted: Wanted, record: Record) -> bool:
    """Note in ``record`` that nothing is wrong with the files; False where something is, and nothing is noted.

    For a process that does nothing else: the files are imported in it.

    Raises:
        ProofError: as ``Wanted.scope``.
    """
    start = perf_counter()
    try:
        chain = run_chain(subject)
    except Exception:  # noqa: BLE001 (the project's, and told where it is met again)
        return False
    if chain.defects or len(chain.heads) != 1:
        return False
    beside = [
        one
        for script in chain.revisions
        for one in of_revision(script.module, script.revision, _KNOWN, subject.project)
    ]
    about = {
        "project": str(subject.project),
        "alembic_ini": str(subject.alembic_ini),
        "name": subject.name,
        "revisions": len(chain.revisions),
        "heads": list(chain.heads),
    }
    scope = wanted.scope(chain.script, chain.revisions, subject.project)
    record.start("", _SERVER)
    record.begin(about, [script.revision for script in chain.revisions], beside, (), scope)
    for check in checks:
        record.add(check.id, (), start)
    return True
