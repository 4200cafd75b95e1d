"""One fault at a time, in any order: for tests of a project's own, which name a statement and what happens to it."""

from types import TracebackType
from typing import Self

from schemaproof.postgres import Database
from schemaproof.proofs.failure.fault import Fault
from schemaproof.proofs.failure.proof import Proof
from schemaproof.proofs.failure.sites import Site
from schemaproof.proofs.failure.trial import Bench, Course, Direction, Outcome, Trial


class Faults(Proof):
    """Injects the faults that are asked for; as a context manager it drops its databases at the end.

    The first fault of a revision's upgrade or downgrade brings a database to where it begins; the others use it again.
    """

    _prepared: dict[tuple[str, Direction], "_Prepared"]

    def __enter__(self) -> Self:
        self._prepared = {}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one in self._prepared.values():
            one.close()
        self.close()

    def sites(self, revision: str, direction: Direction) -> tuple[Site, ...]:
        """Where the ``direction`` of ``revision`` can fail: its statements, the version table's, and its COMMITs.

        Raises:
            ValueError: when it does not even work without a fault; the message tells why.
        """
        return tuple(site for site in self._of(revision, direction).course.sites if site.part == "revision")

    def inject(self, revision: str, direction: Direction, site: str, fault: Fault) -> Outcome:
        """What ``fault`` leaves at the site with the id ``site`` ("statement-07", "commit-01").

        Raises:
            ValueError: when there is no such site, or when the fault does not happen there.
        """
        prepared = self._of(revision, direction)
        found = [one for one in self.sites(revision, direction) if one.id == site]
        possible = found and fault not in {Fault.CRASH, Fault.CRASH_AFTER}  # there is no server to crash
        outcomes = list(prepared.trial.inject([(found[0], fault)])) if possible else []
        if not outcomes:
            known = ", ".join(one.id for one in self.sites(revision, direction))
            raise ValueError(f"no {fault} at {site} of the {direction} of {revision}; its sites are {known}")
        return outcomes[0]

    def _of(self, revision: str, direction: Direction) -> "_Prepared":
        if (revision, direction) not in self._prepared:
            course, template = self.prepare(revision, direction)
            self._prepared[revision, direction] = _Prepared(course, template, self.version_table)
        return self._prepared[revision, direction]


class _Prepared:
    """A course and the databases in which it is tried."""

    def __init__(self, course: Course, template: Database, version_table: tuple[str, str]) -> None:
        self.course = course
        self._template = template
        self._bench = Bench(template, version_table)
        self.trial = Trial(course, self._bench)

    def close(self) -> None:
        self._bench.spoil()
        self._template.drop()
