"""One call of `alembic upgrade heads` beside a call for each revision, as far as both were made."""

from collections.abc import Callable, Iterable

from schemaproof.catalog import Catalog, Difference, diff
from schemaproof.migration.databases import Databases
from schemaproof.migration.environment import Run
from schemaproof.migration.moments import Moments


class OneCall:
    """What is known of one call, and what a walk through the revisions adds to it.

    Args:
        databases: where both are made.
        forget: called where the migrated database becomes another one.

    Attributes:
        unstable: what no two upgrades make the same, which is compared nowhere.
        unrepeatable: the ids of the revisions that make it, as far as they were climbed.
        lowest: how many revisions are at the bottom of which single steps are not asked for; None where all steps are.
    """

    def __init__(self, databases: Databases, forget: Callable[[], None]) -> None:
        self._databases = databases
        self._forget = forget
        self.unstable = Moments()
        self.unrepeatable: set[str] = set()
        self.lowest: int | None = None
        self._looked_below = False
        self._stepwise: dict[int, Catalog] = {}  # catalogs that were reached step by step, by number of revisions
        self._differing: dict[int, list[Difference]] = {}  # how those of one call differ from them

    def failure(self) -> Run | None:
        """The run of `alembic upgrade heads` on an empty database, where it failed."""
        run = self._databases.one_call()
        return run if run is not None and run.error is not None else None

    def commits_each_revision(self) -> bool:
        """Whether env.py configures ``transaction_per_migration``."""
        run = self._databases.one_call()
        context = run.context if run is not None else None
        return context is not None and bool(context.opts.get("transaction_per_migration"))

    def passes(self, revision: str) -> bool:
        """Whether `alembic upgrade heads` on an empty database gets past ``revision``, where a single step does not."""
        positions = self._databases.positions
        with self._databases.empty_database() as database:
            run = self._databases.upgrade_to_heads(database)
        return run.error is None or positions.get(run.revision or "", 0) > positions[revision]

    def differences(self) -> tuple[str, list[Difference]] | None:
        """The first revision after which one call leads to another catalog than single steps, and how it differs."""
        count = len(self._databases.revisions)
        if self.lowest is None and count not in self._stepwise:
            self.note_steps(count, self._databases.catalog_by_steps(count))
        for reached in [one for one in self._stepwise if self.lowest is not None and one != count]:
            self.note_one_call(reached, self._databases.catalog_in_one_call(reached))
        if not self.differs():
            return None
        low, high = self.lowest or 0, min(self._differing)  # equal, different
        while high - low > 1:
            middle = (low + high) // 2
            single = self._databases.catalog_by_steps(middle)
            differences = self.compared(single, self._databases.catalog_in_one_call(middle))
            low, high = (low, middle) if differences else (middle, high)
            if differences:
                self._differing[middle] = differences
        return self._databases.revisions[high - 1].revision, self._differing[high]

    def differs(self) -> bool:
        """Whether single steps lead elsewhere than one call, as far as single steps were made.

        From then on, the migrated database is the one of single steps: what was deployed release by release.
        """
        if not self._differing:
            self.note_one_call(len(self._databases.revisions), self._databases.head_catalog())
            if self._differing:
                self._databases.head_by_steps()
                self._forget()
        return bool(self._differing)

    def fixed_at_the_time(self, revision: str, differences: Iterable[Difference]) -> list[Difference]:
        """Those of ``differences`` that each upgrade makes anew; they are no matter of any check after it."""
        count = self._databases.positions[revision] + 1
        once, again = (self._databases.catalog_in_one_call(count) for _ in range(2))
        moments = Moments.of(self._databases.catalog_by_steps(count), once, again)
        self.unstable |= moments
        return moments.among(differences)

    def note_moments(self, revision: str, moments: Moments) -> None:
        """Remember ``moments``, what ``revision`` makes another each time."""
        self.unstable |= moments
        if moments:
            self.unrepeatable.add(revision)

    def note_steps(self, count: int, catalog: Catalog) -> None:
        """Remember the catalog after ``count`` revisions that were applied by single steps."""
        self._stepwise[count] = catalog

    def note_last_step(self, count: int, catalog: Catalog) -> None:
        """As ``note_steps``, and forget the lower ones."""
        self._stepwise = {count: catalog}

    def note_one_call(self, count: int, catalog: Catalog) -> None:
        """Compare the catalog after ``count`` revisions in one call with that of single steps, where it is known."""
        known = self._stepwise.get(count)
        differences = self.compared(known, catalog) if known is not None else []
        if differences:
            self._differing[count] = differences

    def compared(self, before: Catalog, after: Catalog) -> list[Difference]:
        """As ``diff``, but for what no two upgrades make the same."""
        if before == after:
            return []
        self._look_below()
        return self.unstable.without(diff(before, after))

    def _look_below(self) -> None:
        """Find what the revisions that are not asked for make anew each time: nobody climbs their steps."""
        if self.lowest is None or self._looked_below:
            return
        self._looked_below = True
        count = len(self._databases.revisions)
        self.unstable.note(diff(*(self._databases.catalog_in_one_call(count) for _ in range(2))))
