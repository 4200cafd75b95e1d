"""How long ``schemaproof verify`` takes as a user runs it, with all checks: a pull request's revision, a whole history.

Each measurement is one call of the command line with a server of its own, start and end of both included. Goals (issue
13, section 5; 2 quiet cores): see ``GOALS``. "cpu" is what the processes of the call used, PostgreSQL's own included
where they were waited for; "memory" is the most that all of its Python processes held at one moment, what they share
counted once. Growth compares a revision of the longest history with one of the shortest, start and end left out.
"""

import argparse
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from schemaproof.run.cache import FOLDER

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))

from benchmarks import bench_deletes, synthetic  # noqa: E402 (it is not installed, it runs from this folder)
from benchmarks.bench_verify import show_load, show_ratio, tell  # noqa: E402 (likewise)

GROWTH, MAX_GROWTH = (50, 500), 1.3
MAX_MEGABYTES = 400
_LOOK = 0.1  # seconds between two looks at the memory


@dataclass(frozen=True)
class Case:
    """Something to verify.

    Attributes:
        title: what it is.
        write: writes the project into a folder that is not there yet.
        arguments: of the command line.
        goal: seconds that it may take at most; None for none.
        revisions: how many are asked of.
        again: whether it is the project of the case before once more, of which all is known.
    """

    title: str
    write: Callable[[Path], object]
    goal: float | None = None
    arguments: tuple[str, ...] = ()
    revisions: int = 0
    again: bool = False


@dataclass(frozen=True)
class Taken:
    """What one call took: seconds, processor seconds, and megabytes at most."""

    seconds: float
    cpu: float
    megabytes: float


def tables(count: int) -> Callable[[Path], object]:
    """What writes a history of ``count`` revisions, of which each makes a table."""
    return lambda folder: synthetic.write(folder, count, "sync")


def _comment(number: int) -> str:
    return "NULL" if number in {1, 40} else f"'{number}'"


def orm_cascades(folder: Path) -> None:
    """Write 40 revisions over 60 tables with two parents each, which the ORM alone deletes."""
    bench_deletes.write(folder, "tree", 60)
    versions, below = folder / "migrations" / "versions", "a"
    for number in range(2, 41):
        revision = f"{number:04}"
        # At head there is none, as in the models.
        up, down = (f"COMMENT ON TABLE t00 IS {_comment(one)}" for one in (number, number - 1))
        (versions / f"{revision}.py").write_text(
            f"from alembic import op\n\nrevision, down_revision = {revision!r}, {below!r}\n\n\n"
            f"def upgrade() -> None:\n    op.execute({up!r})\n\n\n"
            f"def downgrade() -> None:\n    op.execute({down!r})\n"
        )
        below = revision


SINCE = ("--since", synthetic._id(499))
CASES = (
    Case("2 revisions, 2 tables", tables(2), 4, revisions=2),
    Case("50 one-table revisions", tables(50), revisions=50),
    Case("60 one-table revisions", tables(60), 30, revisions=60),
    Case("200 one-table revisions", tables(200), 100, revisions=200),
    Case("40 revisions, 60 tables, ORM cascades", orm_cascades, 90, revisions=40),
    Case("500 revisions, --since the one before head", tables(500), 15, SINCE, revisions=1),
    Case("500 revisions, the same --since, nothing changed", tables(500), 5, SINCE, again=True),
    Case("500 one-table revisions", tables(500), revisions=500),
    Case("500 one-table revisions, nothing changed", tables(500), 5, again=True),
)
QUICK = (
    Case("2 revisions, --since the first", tables(2), arguments=("--since", synthetic._id(1)), revisions=1),
    Case("2 revisions, nothing changed", tables(2), again=True, arguments=("--since", synthetic._id(1))),
)


class Memory:
    """Looks at the memory of a process and of all below it until ``end``; ``megabytes`` is the most at one moment."""

    def __init__(self, pid: int) -> None:
        self.megabytes = 0.0
        self._process = psutil.Process(pid)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def _look(self) -> None:
        while not self._ended.wait(_LOOK):
            with suppress(psutil.Error):
                processes = [self._process, *self._process.children(recursive=True)]
                self.megabytes = max(self.megabytes, sum(map(_proportional, processes)) / 2**20)

    def end(self) -> None:
        """Look no more."""
        self._ended.set()
        self._thread.join()


def _proportional(process: psutil.Process) -> int:
    """Bytes of a Python process, shared pages by how many share them; 0 for PostgreSQL's."""
    with suppress(psutil.Error):
        if "postgres" not in process.name():
            return int(getattr(process.memory_full_info(), "pss", process.memory_info().rss))
    return 0


def verified(project: Path, case: Case, parsed: argparse.Namespace) -> Taken:
    """What it took.

    Raises:
        RuntimeError: when it is not found sound: that would be another time.
    """
    command = [str(Path(sysconfig.get_path("scripts")) / "schemaproof"), "verify", "--project", str(project)]
    for name in ("postgres", "postgres_image", "postgres_bindir"):
        if getattr(parsed, name) is not None:
            command += [f"--{name.replace('_', '-')}", getattr(parsed, name)]
    # Deletes that the database does not know of are what the project is about, and a warning.
    command += [*case.arguments, "--fail-on", "error"]
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        memory = Memory(running.pid)
        try:
            said, _ = running.communicate()
        finally:
            memory.end()
    seconds, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    if running.returncode:
        raise RuntimeError(f"{command} ended with {running.returncode}:\n{said[-3000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Taken(seconds, cpu, memory.megabytes)


def show(case: Case, taken: Taken) -> None:
    """A line of the table."""
    verdict = ""
    if case.goal is not None:
        verdict = f"   goal: {case.goal:g} s, {'met' if taken.seconds <= case.goal else 'MISSED'}"
    print(f"{case.title:<50}{taken.seconds:8.1f} s{taken.cpu:8.1f} s{taken.megabytes:8.0f} MB{verdict}", flush=True)


def show_growth(found: dict[int, Taken], start: Taken) -> None:
    """How much longer a revision takes where there are ten times as many; ``start``: a call with hardly any."""
    if set(GROWTH) <= set(found):
        few, many = ((found[count].seconds - start.seconds) / count for count in GROWTH)
        show_ratio(f"growth: a revision of {GROWTH[1]} to one of {GROWTH[0]}, all checks", many / few, MAX_GROWTH)


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cases", metavar="WORD", default="", help="only those whose title has this in it")
    parser.add_argument("--rounds", type=int, default=1, help="how often each is measured; the median is told")
    parser.add_argument("--quick", action="store_true", help="two revisions once: shows that it runs")
    parser.add_argument("--postgres", default="embedded", metavar="auto|container|embedded|URL")
    parser.add_argument("--postgres-image", metavar="IMAGE")
    parser.add_argument("--postgres-bindir", metavar="DIR")
    return parser.parse_args()


def main() -> None:
    """Print the table."""
    parsed = arguments()
    cases = [case for case in (QUICK if parsed.quick else CASES) if parsed.cases in case.title]
    project = Path()
    print(f"Python {platform.python_version()}")
    show_load("at the start")
    print(f"\n{'schemaproof verify, all checks':<50}{'seconds':>10}{'cpu':>10}{'memory':>11}")
    found: dict[int, Taken] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number, case in enumerate(cases):
            if not case.again:
                project = Path(folder) / f"project_{number}"
                case.write(project)
            rounds = []
            for count in range(1, parsed.rounds + 1):
                if not case.again:
                    shutil.rmtree(project / FOLDER, ignore_errors=True)
                tell(f"{case.title}, round {count}/{parsed.rounds}")
                rounds.append(verified(project, case, parsed))
            tell("")
            taken = Taken(*map(statistics.median, zip(*[(t.seconds, t.cpu, t.megabytes) for t in rounds], strict=True)))
            show(case, taken)
            if not (case.arguments or case.again):
                found[case.revisions] = taken
    if 2 in found:
        show_growth(found, found[2])
    if found:
        most = max(taken.megabytes for taken in found.values())
        show_ratio("memory of all processes, at most (MB)", most, MAX_MEGABYTES)
    show_load("at the end")


if __name__ == "__main__":
    main()
