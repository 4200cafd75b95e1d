"""How long ``schemaproof verify`` takes on histories of 50 to 1,000 revisions, beside the tests that it replaces.

All numbers are of one run on one server. Goals (issue 3, section 6): all checks of 200 revisions in less time than
pytest-alembic's four default tests on an async env.py, and in a tenth of its ``downgrade_leaves_no_trace``; a revision
of 1,000 in at most 1.3 times that of one of 100; on the server no more databases however long the history is.

Every measurement has a process of its own. "process" is all of that, start of Python included, and compared with the
process of another tool; "verify" is the verification alone, and so growth is not hidden by what it takes to begin;
"cpu" is what Python used, the server apart: where it is far below "process", the machine had other things to do.
"""

import argparse
import compileall
import contextlib
import importlib.util
import itertools
import os
import platform
import re
import resource
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import psycopg

import schemaproof
from schemaproof.postgres import Options, Server, start
from schemaproof.postgres.databases import PREFIX
from schemaproof.project.subject import Subject
from schemaproof.proofs.registry import CHECKS
from schemaproof.run.verify import verify

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))

from benchmarks import synthetic  # noqa: E402 (it is not installed, it runs from this folder)
from benchmarks.rivals import RIVALS, Rival  # noqa: E402 (likewise)

# Without failures: nobody else injects any, and how long that takes, bench_faults.py tells.
MEASURED = [check for check in CHECKS if check.area != "failure"]

SIZES, QUICK = (50, 100, 200, 400, 1000), (1, 2)
KINDS, QUICK_KINDS = tuple(synthetic.TEMPLATES), ("async",)  # of env.py
COMPARED = 200  # revisions, where others are measured too
GROWTH = (100, 1000)
MAX_GROWTH = 1.3


class Taken(NamedTuple):
    """How long one verification took, in seconds: the whole process, its processor time, and the verification in it."""

    process: float
    cpu: float
    verify: float


@dataclass
class Peak:
    """The most that was on the server at one moment of a verification.

    Attributes:
        databases: how many databases, above those that were there before.
        megabytes: in the files of all databases, above what was there before.
        left: how many databases were left at the end, above those that were there before.
        samples: how often was looked.
    """

    databases: int = 0
    megabytes: float = 0.0
    left: int = 0
    samples: int = 0


class Ticker:
    """A verification's progress, on one line that is written over."""

    def __init__(self, label: str) -> None:
        self._label, self._total, self._told = label, 0, 0.0

    def stage(self, text: str, total: int) -> None:
        """Begin ``total`` steps of ``text``."""
        self._label, self._total = f"{self._label.split(':')[0]}: {text}", total

    def step(self, _text: str, done: int, _share: float | None = None) -> None:
        """Tell how many steps are done, twice a second."""
        if sys.stderr.isatty() and time.monotonic() - self._told > 0.5:
            self._told = time.monotonic()
            tell(f"{self._label} {done}/{self._total}")

    def now(self, _text: str) -> None:
        """Nothing: the steps are enough."""


def tell(text: str) -> None:
    """Show what is going on, on one line of a terminal; "" removes it."""
    if sys.stderr.isatty():
        print(f"\r{'  ' + text if text else ''}\x1b[K", end="", file=sys.stderr, flush=True)
    elif text:
        print(f"  {text}", file=sys.stderr, flush=True)


@dataclass
class Bench:
    """What is measured, where.

    Attributes:
        server: the one server of the run.
        options: how it was started; the command line starts another like it.
        folder: for the projects.
    """

    server: Server
    options: argparse.Namespace
    folder: Path
    _number: Iterator[int] = field(default_factory=itertools.count)

    def project(self, count: int, kind: str, rival: Rival | None = None) -> Path:
        """A new project of ``count`` revisions, with the tests of ``rival``."""
        project = self.folder / f"project_{next(self._number)}"
        synthetic.write(project, count, kind, rival.edits if rival else None)
        for name, text in (rival.files if rival else {}).items():
            (project / name).write_text(text)
        return project

    def verify(self, project: Path, label: str) -> Taken:
        """How long it takes to verify ``project`` in a new process."""
        tell(label)
        begin, used = time.perf_counter(), cpu_of_children()
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            seconds = pool.submit(verified, self.server, project, label).result()
        return Taken(time.perf_counter() - begin, cpu_of_children() - used, seconds)

    def command_line(self, project: Path) -> float:
        """Seconds of ``schemaproof verify`` as a user runs it, with a server of its own."""
        tell("the command line")
        command = [str(Path(sysconfig.get_path("scripts")) / "schemaproof"), "verify", "--project", str(project)]
        command += ["--ignore", ",".join(check.id for check in CHECKS if check not in MEASURED)]
        for name in ("postgres", "postgres_image", "postgres_bindir"):
            if getattr(self.options, name) is not None:
                command += [f"--{name.replace('_', '-')}", getattr(self.options, name)]
        begin = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return time.perf_counter() - begin

    def rival(self, rival: Rival, count: int) -> tuple[float, float]:
        """Seconds, and processor seconds, of ``rival``'s tests in one process, each in an empty database.

        Raises:
            RuntimeError: when they do not pass.
        """
        tell(f"{rival.title}, {count} revisions")
        project = self.project(count, rival.kind, rival)
        with contextlib.ExitStack() as stack:
            databases = [stack.enter_context(self.server.create()) for _ in range(rival.tests)]
            urls = [database.url(synthetic.TEMPLATES[rival.kind][1]) for database in databases]
            shown = " ".join(url.render_as_string(hide_password=False) for url in urls)
            # Nothing else that happens to be installed, our own plugin included, takes their time.
            environment = os.environ | {"DATABASE_URLS": shown, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
            environment.pop("PYTEST_ADDOPTS", None)
            command = [sys.executable, "-m", "pytest", "-q", *rival.arguments]
            begin, used = time.perf_counter(), cpu_of_children()
            done = subprocess.run(
                command, cwd=project, env=environment, capture_output=True, text=True, check=False, timeout=3600
            )
            taken = time.perf_counter() - begin, cpu_of_children() - used
        if done.returncode or not re.search(rf"\b{rival.tests} passed\b", done.stdout):
            raise RuntimeError(
                f"{rival.title} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
            )
        return taken


def cpu_of_children() -> float:
    """Seconds of processor time that ended processes of this one have used, theirs included."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def verified(server: Server, project: Path, label: str) -> float:
    """Seconds of all checks of ``project`` but those of failures; called in a new process.

    Raises:
        RuntimeError: when it is found faulty, or a check was skipped: that would be no time of all checks.
    """
    report = verify(Subject(project), server, checks=MEASURED, progress=Ticker(label))
    server.close()
    skipped = {result.check.id: result.skipped for result in report.checks if result.skipped}
    if report.verdict != "sound" or skipped:
        raise RuntimeError(f"{project} is {report.verdict}: {report.findings}, skipped: {skipped}")
    return report.seconds


@contextlib.contextmanager
def watched(server: Server) -> Iterator[Peak]:
    """Look at ``server``, ten times a second, for what is on it at most."""
    peak, ended = Peak(), threading.Event()
    dsn = server.url.set(drivername="postgresql").render_as_string(hide_password=False)
    # The tablespace's folder holds every database, the ones that are being made or dropped too.
    query = "SELECT count(*), pg_tablespace_size('pg_default') FROM pg_database WHERE starts_with(datname, %s)"

    def look() -> tuple[int, float]:
        found = connection.execute(query, [PREFIX]).fetchone()
        assert found is not None  # noqa: S101 (an aggregate)
        return found[0], found[1] / 2**20

    def keep_looking() -> None:
        while not ended.wait(0.1):
            # PostgreSQL may complain of a file that goes while its size is taken.
            with contextlib.suppress(psycopg.errors.Error):
                databases, megabytes = look()
                peak.databases = max(peak.databases, databases - before[0])
                peak.megabytes = max(peak.megabytes, megabytes - before[1])
                peak.samples += 1

    with psycopg.connect(dsn, autocommit=True) as connection:
        before = look()
        thread = threading.Thread(target=keep_looking)
        thread.start()
        try:
            yield peak
        finally:
            ended.set()
            thread.join()
            peak.left = look()[0] - before[0]


Times = dict[tuple[str, int], Taken]


def measure_sizes(bench: Bench, kinds: Sequence[str], sizes: Sequence[int], rounds: int) -> Times:
    """The median of ``rounds`` for each kind of env.py and size; by rounds, so that a busy minute hits all alike."""
    projects = {(kind, count): bench.project(count, kind) for kind in kinds for count in sizes}
    taken: dict[tuple[str, int], list[Taken]] = {key: [] for key in projects}
    for number in range(1, rounds + 1):
        for (kind, count), project in projects.items():
            label = f"round {number}/{rounds}, {kind} env.py, {count} revisions"
            taken[kind, count].append(bench.verify(project, label))
            tell(f"{label}: {taken[kind, count][-1].verify:.2f} s")
    tell("")
    return {key: Taken(*map(statistics.median, zip(*times, strict=True))) for key, times in taken.items()}


def show_sizes(times: Times) -> None:
    """A line for each kind of env.py and size."""
    print(f"\n{'schemaproof verify, without faults':<44}{'process':>10}{'cpu':>11}{'verify':>11}{'a revision':>14}")
    for (kind, count), (process, cpu, alone) in times.items():
        seconds = f"{process:8.2f} s{cpu:9.2f} s{alone:9.2f} s"
        print(f"{f'{kind} env.py, {count:>5} revisions':<44}{seconds}{alone / count * 1e3:11.1f} ms")


def show_growth(times: Times, sizes: Sequence[int]) -> None:
    """How much longer a revision takes where there are more of them."""
    few, many = GROWTH if set(GROWTH) <= set(sizes) else (min(sizes), max(sizes))
    goal = MAX_GROWTH if (few, many) == GROWTH else None
    print()
    for kind in dict.fromkeys(kind for kind, _ in times):
        ratio = times[kind, many].verify / many / (times[kind, few].verify / few)
        show_ratio(f"growth: a revision of {many} to one of {few}, {kind} env.py", ratio, goal)


def show_peaks(bench: Bench, sizes: Sequence[int]) -> None:
    """What is on the server at most, for a short and a long history; these runs are not timed."""
    print(f"\n{'on the server at most':<44}{'databases':>10}{'files':>11}{'databases left':>18}")
    for count in sizes:
        with watched(bench.server) as peak:
            bench.verify(bench.project(count, "async"), f"watching the server, {count} revisions")
        tell("")
        print(
            f"{f'async env.py, {count:>5} revisions':<44}{peak.databases:>10}{peak.megabytes:8.0f} MB{peak.left:>18}"
            f"   ({peak.samples} samples)",
            flush=True,
        )


def show_rivals(bench: Bench, count: int, ours: Taken) -> None:
    """The other tools at ``count`` revisions, and how much of their time is ours."""
    print(f"\n{f'{count} revisions, async env.py':<58}{'process':>10}{'cpu':>11}")
    print(f"{'schemaproof verify, without faults':<58}{ours.process:8.2f} s{ours.cpu:9.2f} s")
    for rival in RIVALS:
        if importlib.util.find_spec(rival.module) is None:
            print(f"{rival.title:<58}not installed here: nox -s bench has it")
            continue
        try:
            seconds, cpu = bench.rival(rival, count)
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            tell("")
            print(f"{rival.title:<58}not measured: {error}")
            continue
        tell("")
        print(f"{rival.title:<58}{seconds:8.2f} s{cpu:9.2f} s", flush=True)
        show_ratio("    schemaproof verify to it", ours.process / seconds, rival.goal if count == COMPARED else None)


def show_ratio(what: str, ratio: float, goal: float | None) -> None:
    """A ratio, and whether it is within its goal."""
    verdict = "" if goal is None else f"   goal: at most {goal}, {'met' if ratio <= goal else 'MISSED'}"
    print(f"{what:<58}{ratio:8.2f}{verdict}", flush=True)


def compared(sizes: Sequence[int]) -> int:
    """The size at which the others are measured."""
    return COMPARED if COMPARED in sizes else max(sizes)


def show_load(when: str) -> None:
    """The machine's load, which all numbers depend on."""
    print(f"{when}: load {' '.join(f'{load:.2f}' for load in os.getloadavg())}, {os.cpu_count()} cores", flush=True)


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sizes", metavar="N,...", help=f"numbers of revisions (default: {SIZES})")
    parser.add_argument("--rounds", type=int, help="how often each is measured; the median is told (default: 3)")
    parser.add_argument("--skip-others", action="store_true", help="leave pytest-alembic and alembic-gauntlet out")
    parser.add_argument("--quick", action="store_true", help=f"sizes {QUICK}, async env.py, once: shows that it runs")
    parser.add_argument("--postgres", default="embedded", metavar="auto|container|embedded|URL")
    parser.add_argument("--postgres-image", metavar="IMAGE")
    parser.add_argument("--postgres-bindir", metavar="DIR")
    parsed = parser.parse_args()
    if parsed.sizes is not None:
        parsed.sizes = tuple(sorted({int(size) for size in parsed.sizes.split(",")}))
    parsed.sizes = parsed.sizes or (QUICK if parsed.quick else SIZES)
    parsed.kinds = QUICK_KINDS if parsed.quick else KINDS
    parsed.rounds = parsed.rounds or (1 if parsed.quick else 3)
    return parsed


def main() -> None:
    """Print the tables."""
    parsed = arguments()
    options = Options.read(ROOT, provider=parsed.postgres, image=parsed.postgres_image, bindir=parsed.postgres_bindir)
    # As an installed package is; in a checkout where Python is told to write no bytecode, each process would do it.
    compileall.compile_dir(Path(schemaproof.__file__).parent, quiet=2)
    with tempfile.TemporaryDirectory() as folder, start(options) as server:
        print(f"{server.about}, Python {platform.python_version()}")
        show_load("at the start")
        bench, count = Bench(server, parsed, Path(folder)), compared(parsed.sizes)
        times = measure_sizes(bench, parsed.kinds, parsed.sizes, parsed.rounds)
        show_sizes(times)
        seconds = bench.command_line(bench.project(count, "async"))
        tell("")
        print(f"{f'command line, server included, {count} revisions':<44}{seconds:8.2f} s", flush=True)
        show_growth(times, parsed.sizes)
        show_peaks(bench, [count] if parsed.quick else sorted({min(parsed.sizes), count}))
        if not parsed.skip_others:
            show_rivals(bench, count, times["async", count])
        show_load("at the end")


if __name__ == "__main__":
    main()
