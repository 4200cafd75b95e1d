"""Whether the revisions can be read and form one history, judged from their files alone."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from schemaproof.check import Check
from schemaproof.finding import Finding, Severity
from schemaproof.migration.history import History
from schemaproof.migration.revisions import Chain, Defect
from schemaproof.proofs.chain.outside import Outside, look_outside

# What to do where the files keep everything else from being examined.
WALKABLE = "Fix that file first, then run again: no revision can be applied until `alembic heads` works."


def _imports(history: History) -> Iterator[Finding]:
    for defect in history.chain.defects:
        if defect.kind == "import":
            yield _told(REVISION_IMPORT, defect)
    if (
        not history.chain.defects
        and (outside := look_outside(history.environment, history.chain.script, history.facts)) is not None
    ):
        yield _inside_alone(outside, history.subject.project)


def _told(check: Check, defect: Defect) -> Finding:
    return check.finding(
        defect.message,
        kind=defect.fault,
        revision=defect.revision,
        evidence=defect.evidence,
        remedy=defect.remedy or None,
    )


def _inside_alone(outside: Outside, project: Path) -> Finding:
    """Of revisions that can be imported while env.py runs, and at no other time."""
    told = [f"{defect.message}\n{defect.evidence}" for defect in outside.defects]
    return REVISION_IMPORT.finding(
        f"The revisions can be imported only after env.py has run: `{outside.commands[0]}` fails.",
        kind="outside of env.py",
        severity=Severity.NOTE,
        revision=outside.defects[0].revision if len(outside.defects) == 1 else None,
        evidence="\n".join([f"`{outside.commands[0]}`: {outside.evidence}", *told]),
        consequence="`alembic upgrade`, `downgrade`, `current`, `check` and `stamp` work. These fail: "
        + ", ".join(f"`{command}`" for command in outside.commands)
        + " (revision --autogenerate works).",
        remedy="Move what needs env.py from the top of the revision file into upgrade() and downgrade()."
        if outside.defects
        else _in_alembic_ini(outside.path, project),
    )


def _in_alembic_ini(added: Sequence[str], project: Path) -> str:
    """The setting for the folders that env.py ``added`` to the module path."""
    root = project.resolve()
    paths = [Path(entry).resolve() for entry in added]
    entries = [str(path.relative_to(root) if path.is_relative_to(root) else path) for path in paths]
    line = f"prepend_sys_path = {os.pathsep.join(entries)}"
    separator = " and `path_separator = os`" if len(entries) > 1 else ""
    return f"Set `{line}`{separator} in alembic.ini, instead of changing sys.path in env.py."


def _hangs_together(history: History) -> Iterator[Finding]:
    for defect in history.chain.defects:
        if defect.kind == "chain":
            yield _told(REVISION_CHAIN, defect)


def is_hidden(check: Check, chain: Chain) -> bool:
    """Whether what is wrong with ``chain`` keeps ``check`` from being decided."""
    if check is REVISION_CHAIN:  # what a file that can't be imported says of others is not known
        return any(defect.kind == "import" for defect in chain.defects) and not any(
            defect.kind == "chain" for defect in chain.defects
        )
    return bool(chain.defects) and check is not REVISION_IMPORT


def _one_head(history: History) -> Iterator[Finding]:
    heads = history.chain.heads
    if len(heads) < 2:
        return
    script = history.chain.script
    labels = [script.get_revision(head).branch_labels for head in heads]
    shared = set.intersection(*map(set, labels))
    deliberate = all(label - shared for label in labels)  # a branch of its own name each
    names = ", ".join(heads)
    if deliberate:
        yield SINGLE_HEAD.finding(
            f"There are {len(heads)} heads, each on a labelled branch: {names}.",
            kind="labelled heads",
            severity=Severity.NOTE,
            consequence="`alembic upgrade head` refuses to run; `alembic upgrade heads` applies them all.",
            remedy="If the branches are meant to stay, deploy with `alembic upgrade heads`; otherwise join them with"
            " `alembic merge heads`.",
        )
    else:
        yield SINGLE_HEAD.finding(
            f"There are {len(heads)} heads: {names}.",
            kind="heads",
            evidence=_evidence(history),
            remedy=f'Join them with `alembic merge -m "merge {" and ".join(heads)}" heads`; or, if one of them is not'
            " deployed anywhere yet, put it on top of the other by its down_revision.",
        )


def _evidence(history: History) -> str:
    script = history.chain.script
    return "\n".join(str(script.get_revision(head)) for head in history.chain.heads)


REVISION_IMPORT = Check(
    id="revision-import",
    area="history",
    title="Every revision file can be imported.",
    reason="Every alembic command fails as soon as it reads the folder, `alembic upgrade` on deploy included.",
    remedy="Fix the error above; if the file is not a revision, move it out of the folder.",
    scope="history",
    examine=_imports,
)

REVISION_CHAIN = Check(
    id="revision-chain",
    area="history",
    title="The revisions form one graph without gaps, duplicates or cycles.",
    reason="Alembic can't read the history, or silently skips a revision.",
    remedy="Give each revision an id of its own, and set its down_revision to the revision that it was written on.",
    scope="history",
    examine=_hangs_together,
)

SINGLE_HEAD = Check(
    id="single-head",
    area="history",
    title="There is one head.",
    reason="`alembic upgrade head` stops with 'Multiple head revisions are present'; usually two branches that were"
    " merged each brought a revision.",
    remedy="Join them with `alembic merge heads`, or set the down_revision of the younger one to the other.",
    scope="history",
    examine=_one_head,
)

CHECKS = (
    REVISION_IMPORT,
    REVISION_CHAIN,
    SINGLE_HEAD,
)
