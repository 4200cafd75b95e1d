"""Whether the revisions hang together, told from their files alone."""

from collections.abc import Iterator

from schemaproof.check import Check
from schemaproof.finding import Finding, Severity
from schemaproof.migration.history import History
from schemaproof.migration.revisions import Chain
from schemaproof.proofs.chain.outside import Outside, look_outside

# What to do where the files keep everything else from being examined.
WALKABLE = "Fix that file first, then run again: no revision can be applied before `alembic heads` works."


def _imports(history: History) -> Iterator[Finding]:
    for defect in history.chain.defects:
        if defect.kind == "import":
            yield REVISION_IMPORT.finding(defect.message, revision=defect.revision, evidence=defect.evidence)
    if (
        not history.chain.defects
        and (outside := look_outside(history.environment, history.chain.script, history.facts)) is not None
    ):
        yield _inside_alone(outside)


def _inside_alone(outside: Outside) -> Finding:
    """Of revisions that can be imported inside of env.py's run, and nowhere else."""
    told = [f"{defect.message}\n{defect.evidence}" for defect in outside.defects]
    added = ", ".join(outside.path)
    return REVISION_IMPORT.finding(
        f"The revisions can be imported only where env.py has run first: `{outside.commands[0]}` fails.",
        severity=Severity.NOTE,
        revision=outside.defects[0].revision if len(outside.defects) == 1 else None,
        evidence="\n".join([f"`{outside.commands[0]}`: {outside.evidence}", *told]),
        consequence="`alembic upgrade`, `downgrade`, `current`, `check` and `stamp` work. These fail: "
        + ", ".join(f"`{command}`" for command in outside.commands)
        + " (revision --autogenerate works).",
        remedy="Ask for what env.py makes inside of upgrade() and downgrade(), not while the file is imported."
        if outside.defects
        else f"env.py adds {added} to sys.path: let prepend_sys_path in alembic.ini name it instead.",
    )


def _hangs_together(history: History) -> Iterator[Finding]:
    for defect in history.chain.defects:
        if defect.kind == "chain":
            yield REVISION_CHAIN.finding(defect.message, revision=defect.revision, evidence=defect.evidence)


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
            severity=Severity.NOTE,
            consequence="`alembic upgrade head` refuses to run; `alembic upgrade heads` applies them all.",
            remedy="None is needed where the branches are meant to stay.",
        )
    else:
        yield SINGLE_HEAD.finding(f"There are {len(heads)} heads: {names}.", evidence=_evidence(history))


def _evidence(history: History) -> str:
    script = history.chain.script
    return "\n".join(str(script.get_revision(head)) for head in history.chain.heads)


REVISION_IMPORT = Check(
    id="revision-import",
    area="history",
    title="Every revision file can be imported.",
    reason="Every alembic command fails as soon as it reads the folder, the one that is to deploy included.",
    remedy="Mend the file, or move what is no revision out of the folder.",
    scope="history",
    examine=_imports,
)

REVISION_CHAIN = Check(
    id="revision-chain",
    area="history",
    title="The revisions form one graph without gaps, duplicates and circles.",
    reason="Alembic fails to read the history, or leaves a revision out without a word.",
    remedy="Give each revision an id of its own, and as its down_revision the one that it was made for.",
    scope="history",
    examine=_hangs_together,
)

SINGLE_HEAD = Check(
    id="single-head",
    area="history",
    title="There is one head.",
    reason="`alembic upgrade head` stops with 'Multiple head revisions are present', usually after a merge of two"
    " branches of code that each brought a revision.",
    remedy="alembic merge heads, or give the younger revision the other one as its down_revision.",
    scope="history",
    examine=_one_head,
)

CHECKS = (
    REVISION_IMPORT,
    REVISION_CHAIN,
    SINGLE_HEAD,
)
