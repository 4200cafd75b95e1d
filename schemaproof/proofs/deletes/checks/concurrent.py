"""Whether a parent can be deleted while other sessions insert children."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

import psycopg

from schemaproof.check import Check
from schemaproof.finding import Finding, Severity
from schemaproof.migration.history import History
from schemaproof.proofs.deletes.cascading import cascade
from schemaproof.proofs.deletes.checks.foreign_keys import has_foreign_keys
from schemaproof.proofs.deletes.checks.undecided import undecided

if TYPE_CHECKING:
    import sqlalchemy

    from schemaproof.postgres import Database
    from schemaproof.proofs.deletes.contest import Chain, Contested
    from schemaproof.proofs.deletes.graph import ForeignKey
    from schemaproof.proofs.deletes.ground import Ground
    from schemaproof.proofs.deletes.mapped import Mapped
    from schemaproof.proofs.deletes.races import Fault


def _side_by_side(history: History) -> Iterator[Finding]:
    if not history.metadata or not has_foreign_keys(history):
        return
    from schemaproof.proofs.deletes.ground import GroundError
    from schemaproof.proofs.deletes.prepare import copied, ground_of

    try:
        ground = ground_of(history)
    except GroundError as error:
        yield undecided(CONCURRENT_DELETE, error)
        return
    with copied(history) as database:
        contested = _contested(history, ground, database)
    for fault, by_orm in contested.faults:
        yield _told(fault, ground, by_orm=by_orm)
    if contested.chain is not None:
        yield _deadlock(contested.chain)
    if contested.refused or contested.left_out:
        yield _not_tried(contested)
    if contested.cut:
        yield _cut(contested.cut)


def _contested(history: History, ground: "Ground", database: "Database") -> "Contested":
    from schemaproof.proofs.deletes.contest import Contest

    with ExitStack() as stack:
        stack.enter_context(history.surroundings())  # the subject's classes may need them
        observer = stack.enter_context(psycopg.connect(database.dsn, autocommit=True))
        first, second = (stack.enter_context(psycopg.connect(database.dsn)) for _ in range(2))
        orm = _mapped(history, database, stack)
        return Contest(observer, (first, second), ground.model, ground.database, orm, ground.population).run()


def _mapped(history: History, database: "Database", stack: ExitStack) -> "tuple[Mapped, sqlalchemy.Connection] | None":
    """The subject's classes and a connection for them; None where they can't be used, which another check tells."""
    from schemaproof.migration.autogenerate.layout import find_layout
    from schemaproof.proofs.deletes.mapped import Mapped
    from schemaproof.proofs.deletes.prepare import mapped_connection

    layout = find_layout(history.metadata, history.head_catalog())
    try:
        mapped = Mapped(history.metadata, layout.home)
    except Exception:  # noqa: BLE001 (the subject's relationships are evaluated, and may raise anything)
        return None
    return mapped, stack.enter_context(mapped_connection(history, database))


def _told(fault: "Fault", ground: "Ground", *, by_orm: bool) -> Finding:
    from schemaproof.proofs.deletes.races import SESSIONS, Wrong

    key = fault.key
    deletes = f"Deleting a row of {key.parent}{' with the ORM' if by_orm else ''}"
    message, consequence, remedy = {
        Wrong.ORPHAN: (
            f"{deletes} while another session inserts a child into {key.table} leaves an orphan.",
            "A row refers to one that is gone, and nobody is told: whatever joins both finds nothing, or fails.",
            "Have a foreign key do it: it locks the row that it refers to. A trigger has to do the same:"
            f" `SELECT FROM {key.parent} WHERE ... FOR KEY SHARE`.",
        ),
        Wrong.KEPT: (f"{deletes} succeeds, and is undone by a concurrent insert into {key.table}.", None, None),
        Wrong.REFUSED: (f"{deletes} fails when another session inserts a child into {key.table}.", None, None),
        Wrong.DEADLOCK: (
            f"{deletes} and inserting a child into {key.table} can deadlock.",
            "The server ends one of the two after deadlock_timeout, with SQLSTATE 40P01.",
            f"Lock the rows in the same order in both sessions, the parent first: `SELECT FROM {key.parent} WHERE ..."
            " FOR UPDATE`.",
        ),
        Wrong.CHILD: (
            f"{deletes} makes a concurrent insert into {key.table} fail for another reason than its foreign key.",
            None,
            None,
        ),
        Wrong.HUNG: (
            f"{deletes} or inserting a child into {key.table} waits for ever.",
            "Sessions pile up until the pool is exhausted.",
            f"Look at what the triggers of {key.parent} and {key.table} wait for.",
        ),
    }[fault.wrong]
    if by_orm and fault.wrong is Wrong.REFUSED:
        remedy = (
            'Have the database do it: declare the relationship\'s action in the foreign key too (ondelete="CASCADE" or'
            ' "SET NULL", in the model and in a revision), and give the relationship passive_deletes=True.'
        )
    return CONCURRENT_DELETE.finding(
        message,
        kind=fault.wrong.name.lower() + (" by the ORM" if by_orm else ""),
        severity=Severity.ERROR if fault.wrong in {Wrong.ORPHAN, Wrong.KEPT} else Severity.WARNING,
        object=_object(key, ground),
        evidence="\n".join(fault.course.lines(SESSIONS)),
        consequence=consequence,
        remedy=remedy,
        links=cascade(ground.database, key.parent, key),
    )


def _object(key: "ForeignKey", ground: "Ground") -> str:
    """The key's constraint; the table of one that the database does not have."""
    name = next((one.name for one in ground.database.keys if one.link == key.link), "")
    return f"constraint {key.table}.{name}" if name else f"table {key.table}"


def _deadlock(chain: "Chain") -> Finding:
    from schemaproof.proofs.deletes.races import SESSIONS

    top, middle, bottom = chain.upper.parent, chain.upper.table, chain.lower.table
    return CONCURRENT_DELETE.finding(
        f"Deleting a row of {top} can deadlock with a session that inserts into {bottom} and then into {middle}.",
        kind=f"cycle of {top}, {middle}, {bottom}",
        severity=Severity.NOTE,
        evidence="\n".join(chain.course.lines(SESSIONS)),
        consequence="This comes with foreign keys that cascade: the delete has locked the parent and waits for its"
        f" child, which the other session has locked by its row in {bottom}; and that session waits for the parent. The"
        " server ends one of the two with SQLSTATE 40P01, and rolls it back.",
        remedy="If transactions are retried on 40P01, nothing has to be done; otherwise have such a session lock the"
        f" parent first: `SELECT FROM {top} WHERE ... FOR KEY SHARE`.",
    )


def _not_tried(contested: "Contested") -> Finding:
    lines = [f"{key}: {why}" for key, why in contested.refused.items()]
    if contested.left_out:
        lines.append(f"{contested.left_out} more, like others that were tried")
    count = len(contested.refused) + contested.left_out
    return CONCURRENT_DELETE.finding(
        f"Concurrent deletes were tried for {len(contested.tried)} of {len(contested.tried) + count} foreign keys.",
        kind="tried in part",
        severity=Severity.NOTE,
        evidence="\n".join(lines),
        consequence="What concurrent sessions do to each other there is not known.",
        remedy="If the server enforces these keys and no triggers of your own are on their tables, nothing has to be"
        " done; otherwise try the two sessions of these keys in a test of your own.",
    )


def _cut(keys: "Sequence[ForeignKey]") -> Finding:
    return CONCURRENT_DELETE.finding(
        f"The ORM's delete was tried in some orders only beside an insert for {len(keys)} foreign"
        f" {'key' if len(keys) == 1 else 'keys'}: it sends too many statements to try all.",
        kind="some orders",
        severity=Severity.NOTE,
        evidence="\n".join(map(str, keys)),
        consequence="What the two sessions do to each other in the other orders is not known.",
        remedy="Leave these deletes to the foreign keys: ondelete=... in the model and in a revision, and"
        " passive_deletes=True on the relationship make them one statement.",
    )


CONCURRENT_DELETE = Check(
    id="concurrent-delete",
    area="delete",
    title="Deleting a row while another session inserts a child leaves no orphan, and the delete is not lost.",
    reason="What works in every test fails under load: a delete ends in an error because another session has inserted a"
    " child meanwhile.",
    remedy="Leave it to the foreign keys (ondelete=...): what an application or a trigger looks up first is out of date"
    " by the time it deletes.",
    scope="history",
    examine=_side_by_side,
    keywords=("delete", "concurrency", "race", "deadlock"),
)
