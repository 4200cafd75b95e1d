"""Behind the pytest items: the checks of one subject, run in any order, in one of several processes."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import psycopg

from schemaproof.errors import ProofError
from schemaproof.finding import Finding
from schemaproof.migration.empty import EmptyDatabaseError
from schemaproof.migration.footing import Footing, footing
from schemaproof.migration.history import History, open_history
from schemaproof.migration.roles import SharedRoleError, make_roles
from schemaproof.postgres import PostgresError, Server
from schemaproof.project.allowances import Allowance, of_revision, split, today, unused_findings
from schemaproof.project.subject import Subject, SubjectError
from schemaproof.project.unused import UNUSED_ALLOWANCE
from schemaproof.proofs.registry import CHECKS
from schemaproof.proofs.upgrade.checks import UPGRADE_FROM_EMPTY, on_an_empty_database
from schemaproof.report.outcome import Obstacle
from schemaproof.run.items.interview import Interview, Question, Said

_KNOWN = frozenset(check.id for check in CHECKS)


@dataclass(frozen=True)
class Answer:
    """What a check found.

    Attributes:
        findings: what it found, without what is allowed.
        allowed: what it found and the team accepts, each with the reason.
        skipped: what in the project keeps it from running; "" if nothing does.
        obstacle: what else kept it from running; None if nothing did.
    """

    findings: tuple[Finding, ...] = ()
    allowed: tuple[tuple[Finding, str], ...] = ()
    skipped: str = ""
    obstacle: Obstacle | None = None


class Examiner:
    """Answers questions about ``subject``.

    Args:
        server: the one that the other workers of the run use too.
        checks: the ids of the checks that may run.
        allowances: those of the configuration; the ones beside the revisions are added.
        collected: the ids of the revisions that there are items for; None if they can't be loaded.
    """

    def __init__(
        self,
        subject: Subject,
        server: Server,
        checks: Sequence[str],
        allowances: Sequence[Allowance],
        collected: Sequence[str] | None,
    ) -> None:
        self._subject = subject
        self._server = server
        self._checks = {check.id: check for check in CHECKS if check.id in checks}
        self._of_project = tuple(allowances)
        self._allowances: tuple[Allowance, ...] = ()
        self._collected = collected
        self._stack = contextlib.ExitStack()
        self._for_good = contextlib.ExitStack()
        self._interview: Interview | None = None
        self._said: dict[Question, Said] = {}
        self._alone = False  # whether revisions make roles, which belong to the whole server
        self._refusal: ProofError | None = None
        self._footing: Footing | None = None  # for good: what this process imported has kept its URL

    def answer(self, question: Question) -> Answer:
        """What the check finds, or found when it first ran.

        Raises:
            ProofError: if the subject can't be verified, or the server fails.
        """
        if question.check == UNUSED_ALLOWANCE.id:
            return Answer(tuple(self._unused()))
        said = self._ask(question)
        kept, allowed, *_ = split(said.findings, self._allowances)
        return Answer(tuple(kept), tuple(allowed), said.skipped, said.obstacle)

    def close(self) -> None:
        """Drop every database, and every role that the revisions made."""
        self._leave()
        self._for_good.close()
        self._footing = None

    def _leave(self) -> None:
        self._interview = None
        self._stack.close()

    def _unused(self) -> Iterator[Finding]:
        """A finding for each allowance that matches nothing, whichever items run in this process."""
        self._ask(Question("revision-chain"))  # it takes the revisions, beside which there may be allowances
        day, unused, expired = today(), [], []
        for one in self._allowances:
            if one.check in self._checks:
                used = self._is_used(one)
                unused.extend([] if used else [one])
                expired.extend([one] if used and not one.counts(day) else [])
        return unused_findings(UNUSED_ALLOWANCE, unused, expired)

    def _is_used(self, allowance: Allowance) -> bool:
        """Whether ``allowance`` matches a finding, up to which it asks, or might if its check could be asked."""
        for question in self._questions(allowance):
            said = self._ask(question)
            if said.skipped or said.obstacle or any(map(allowance.matches, said.findings)):
                return True
        return False

    def _questions(self, allowance: Allowance) -> Iterator[Question]:
        if self._checks[allowance.check].scope == "history":
            yield Question(allowance.check)
            return
        for revision in self._collected or ():
            if allowance.concerns(revision):
                yield Question(allowance.check, revision)

    def _ask(self, question: Question) -> Said:
        if question not in self._said and self._refusal is None and not self._alone:
            with contextlib.suppress(EmptyDatabaseError):  # which is the refusal
                self._ask_beside_others(question)
        if question not in self._said and self._refusal is None:
            self._ask_all_alone()
        if question not in self._said and isinstance(self._refusal, EmptyDatabaseError):
            return self._on_an_empty_database(question, self._refusal)
        if question not in self._said and self._refusal is not None:
            raise self._refusal
        return self._said[question]

    def _on_an_empty_database(self, question: Question, error: EmptyDatabaseError) -> Said:
        """What is said where env.py fails before the first revision: that is told once, and else nothing."""
        first = Question(UPGRADE_FROM_EMPTY.id, self._collected[0]) if self._collected else None
        if question == first:
            return Said((on_an_empty_database(error),))
        if UPGRADE_FROM_EMPTY.id not in self._checks or first is None:
            raise error
        return Said(skipped="`alembic upgrade` fails on an empty database; upgrade-from-empty says why")

    def _ask_beside_others(self, question: Question) -> None:
        with _turn(self._server, alone=False):
            try:
                if self._interview is None:
                    self._interview = self._begin()
                if not self._alone:
                    self._interview.ask(question)
            except SharedRoleError:
                self._alone = True
            except BaseException:
                self._leave()  # its databases may be in whatever state
                raise
            if self._alone:
                self._leave()

    def _begin(self) -> Interview:
        if self._footing is None:
            self._footing = self._for_good.enter_context(footing(self._server))
        try:
            history = self._stack.enter_context(open_history(self._subject, self._server, footing=self._footing))
            self._compare(history)
            self._allowances = (*self._of_project, *_beside(history))
        except ProofError as error:
            self._refusal = error  # nothing else will be heard of it
            raise
        self._stack.callback(history.leave)
        self._alone = make_roles(history.texts)
        return Interview(history, self._checks.values(), self._said)

    def _compare(self, history: History) -> None:
        """Raise where not all revisions have items: what nobody asks about would look sound.

        Raises:
            SubjectError: see there.
        """
        found = [script.revision for script in history.revisions]
        if history.chain.defects or sorted(found) == sorted(self._collected or ()):
            return
        collected = "none, they can't be loaded" if self._collected is None else ", ".join(self._collected)
        raise SubjectError(
            "The project has other revisions than pytest collected.",
            evidence=f"collected: {collected}\nin the project: {', '.join(found)}",
            remedy="Point [tool.schemaproof] and the fixture schemaproof_subject at the same project, and make its"
            " revisions importable without a database.",
        )

    def _ask_all_alone(self) -> None:
        """Answer all questions while no other worker is at work on the server."""
        try:
            with (
                _turn(self._server, alone=True),
                open_history(self._subject, self._server, alone=True, footing=self._footing) as history,
            ):
                try:
                    interview = Interview(history, self._checks.values(), self._said)
                    for question in interview.questions():
                        interview.ask(question)
                finally:
                    history.leave()
        except ProofError as error:
            self._refusal = error


def _beside(history: History) -> Iterator[Allowance]:
    for script in history.revisions:
        yield from of_revision(script.module, script.revision, _KNOWN, history.subject.project)


@contextlib.contextmanager
def _turn(server: Server, *, alone: bool) -> Iterator[None]:
    """While it lasts, no other worker examines anything that takes the server ``alone``, or nothing at all."""
    lock = "pg_advisory_lock" if alone else "pg_advisory_lock_shared"
    dsn = server.url.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        connection = psycopg.connect(dsn, autocommit=True, connect_timeout=10, application_name="schemaproof")
    except psycopg.Error as error:
        raise PostgresError(
            f"Can't connect to the PostgreSQL server {server.address}.",
            evidence=str(error),
            remedy="Find out in its log (or `docker logs`, `dmesg`) what ended it, then run again.",
        ) from error
    with contextlib.closing(connection):  # which ends the lock
        connection.execute(f"SELECT {lock}(hashtextextended(%s, 0))", [f"schemaproof {server.run}"])
        yield
