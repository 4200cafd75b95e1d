"""How long a fault takes that ``schemaproof verify`` injects, on Faceplate and in histories of 50 to 400 revisions.

All numbers are of one run on one server, started like that of ``schemaproof verify``. Goals (issue 4, "Shown by"): at
least 20 faults a second without crashes of the server; Faceplate's whole history, with all checks and crashes, within
30 s; a fault in a history of 400 revisions takes at most 1.3 times as long as in one of 50.

Of a long history a few revisions are examined, at its bottom and at its top: what grows with the tables that are there
already shows in these. Each measurement has a process of its own. "cpu" is what Python used in it, the server apart:
where that is far below the time of a fault, the machine may have had other things to do.
"""

import argparse
import compileall
import platform
import resource
import subprocess
import sys
import sysconfig
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import schemaproof
from schemaproof.migration.history import open_history
from schemaproof.postgres import Options, Server, start
from schemaproof.project.settings import Settings
from schemaproof.project.subject import Subject
from schemaproof.proofs.failure.proof import Proof

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))

from benchmarks import synthetic  # noqa: E402 (it is not installed, it runs from this folder)
from benchmarks.bench_verify import show_load, show_ratio, tell  # noqa: E402 (likewise)

SIZES, QUICK = (50, 100, 200, 400), (3, 4)
KINDS, QUICK_KINDS = tuple(synthetic.TEMPLATES), ("async",)  # of env.py
GROWTH = (50, 400)
MAX_GROWTH = 1.3
MIN_RATE = 20  # faults a second
MAX_SECONDS = 30  # of Faceplate's whole history


class Taken(NamedTuple):
    """What faults took in some revisions.

    Attributes:
        faults: how many there were.
        statements: at how many statements and COMMITs of the revisions.
        seconds: all of it, good runs and copies of databases included.
        cpu: processor seconds of Python, killed migrators included.
    """

    faults: int
    statements: int
    seconds: float
    cpu: float

    @property
    def of_a_fault(self) -> float:
        """Milliseconds of one fault."""
        return self.seconds / self.faults * 1e3

    @property
    def of_a_statement(self) -> float:
        """Milliseconds of all faults at one statement."""
        return self.seconds / self.statements * 1e3


def faults(server: Server, subject: Subject, first: int, count: int) -> tuple[int, int, float, float]:
    """What the faults in ``count`` revisions from ``first`` (from 0) on take, as ``Taken``; called in a new process.

    Raises:
        RuntimeError: when one is not survived: what it leaves takes a time of its own.
    """
    with open_history(subject, server) as history:
        proof = Proof(history, everywhere=True)  # how long one takes, and not how few are enough
        if first:
            # Brings the database there, which is no fault's time.
            proof.examine(history.revisions[first - 1].revision, downgrade=False)
        faults_before, seconds_before, cpu_before = proof.tally.injected, proof.tally.seconds, cpu()
        statements = 0
        for script in history.revisions[first : first + count]:
            for examined in proof.examine(script.revision):
                if examined.course is None:
                    raise RuntimeError(f"{script.revision} fails without a fault: {examined.obstacle}")
                statements += sum(site.part == "revision" for site in examined.course.sites)
        used = cpu() - cpu_before
        proof.close()
    server.close()
    tally = proof.tally
    if tally.survived < tally.injected:
        raise RuntimeError(f"{subject.project}: {tally}")
    return tally.injected - faults_before, statements, tally.seconds - seconds_before, used


def cpu() -> float:
    """Processor seconds of this process and of the ended ones that it started."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def in_new_process(server: Server, subject: Subject, first: int, count: int) -> Taken:
    """As ``faults``, in a process that ends with it: a project's modules stay imported."""
    context = get_context("forkserver")  # what it imports is no fault's time
    context.set_forkserver_preload([name for name in sys.modules if name.startswith(("schemaproof.", "asyncpg."))])
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return Taken(*pool.submit(faults, server, subject, first, count).result())


def show_head(what: str) -> None:
    """What the columns of ``show_taken`` are."""
    print(f"\n{what:<44}{'faults':>8}{'rate':>11}{'a fault':>12}{'its cpu':>12}{'a statement':>15}")


def show_taken(what: str, taken: Taken) -> None:
    """A line of the table."""
    cpu_of_a_fault = taken.cpu / taken.faults * 1e3
    times = f"{taken.of_a_fault:9.1f} ms{cpu_of_a_fault:9.1f} ms{taken.of_a_statement:12.1f} ms"
    print(f"{what:<44}{taken.faults:>8}{taken.faults / taken.seconds:9.1f}/s{times}", flush=True)


Times = dict[tuple[str, str, int], Taken]


def measure(server: Server, folder: Path, parsed: argparse.Namespace) -> Times:
    """What faults take by kind of env.py, place and size: the median of some rounds, which go through all in turn."""
    taken: dict[tuple[str, str, int], list[Taken]] = {}
    for number in range(1, parsed.rounds + 1):
        for kind in parsed.kinds:
            for size in parsed.sizes:
                project = folder / f"{kind}_{size}_{number}"
                synthetic.write(project, size, kind)
                # Not at the first two: what env.py sends around a revision is examined there too.
                for place, first in {"bottom": 2, "top": size - parsed.sample}.items():
                    tell(f"round {number}/{parsed.rounds}, {kind} env.py, {place} of {size} revisions")
                    one = in_new_process(server, Subject(project), first, parsed.sample)
                    taken.setdefault((kind, place, size), []).append(one)
    tell("")
    return {key: sorted(several, key=lambda one: one.seconds)[len(several) // 2] for key, several in taken.items()}


def command_line(parsed: argparse.Namespace) -> tuple[float, str]:
    """Seconds of ``schemaproof verify`` on Faceplate, its servers included, and what it says of faults.

    Raises:
        RuntimeError: when it finds Faceplate faulty.
    """
    tell("Faceplate, all checks")
    command = [str(Path(sysconfig.get_path("scripts")) / "schemaproof"), "verify", "--project", str(ROOT)]
    for name in ("postgres", "postgres_image", "postgres_bindir"):
        if getattr(parsed, name) is not None:
            command += [f"--{name.replace('_', '-')}", getattr(parsed, name)]
    begin = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - begin
    tell("")
    if done.returncode:
        raise RuntimeError(f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return seconds, next((line for line in done.stdout.splitlines() if " faults injected" in line), "no faults told")


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sizes", metavar="N,...", help=f"numbers of revisions (default: {SIZES})")
    parser.add_argument("--rounds", type=int, default=1, help="how often each is measured; the median is told")
    parser.add_argument("--sample", type=int, help="how many revisions are examined at each place (default: 3)")
    parser.add_argument("--skip-faceplate", action="store_true", help="measure the histories that are made alone")
    parser.add_argument("--quick", action="store_true", help=f"sizes {QUICK}, async env.py: shows that it runs")
    parser.add_argument("--postgres", default="embedded", metavar="auto|container|embedded|URL")
    parser.add_argument("--postgres-image", metavar="IMAGE")
    parser.add_argument("--postgres-bindir", metavar="DIR")
    parsed = parser.parse_args()
    if parsed.sizes is not None:
        parsed.sizes = tuple(sorted({int(size) for size in parsed.sizes.split(",")}))
    parsed.sizes = parsed.sizes or (QUICK if parsed.quick else SIZES)
    parsed.kinds = QUICK_KINDS if parsed.quick else KINDS
    parsed.sample = parsed.sample or (1 if parsed.quick else 3)
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
        if not parsed.skip_faceplate:
            show_faceplate(server)
        show_growth(server, Path(folder), parsed)
    if not parsed.skip_faceplate:
        show_whole(*command_line(parsed))
    show_load("at the end")


def show_faceplate(server: Server) -> None:
    """Every fault but crashes in Faceplate's revisions, one after the other in one process."""
    subject = Settings.read(ROOT, {}, known=()).subject
    show_head("Faceplate, without crashes")
    taken = in_new_process(server, subject, 0, sys.maxsize)
    show_taken("all revisions", taken)
    rate = taken.faults / taken.seconds
    met = "met" if rate >= MIN_RATE else "MISSED"
    print(f"{'faults a second':<58}{rate:8.1f}   goal: at least {MIN_RATE}, {met}", flush=True)


def show_growth(server: Server, folder: Path, parsed: argparse.Namespace) -> None:
    """A line for each measurement of ``measure``, and how much more a fault takes where there are more revisions."""
    times = measure(server, folder, parsed)
    show_head(f"{parsed.sample} revisions, without crashes")
    for (kind, place, size), taken in times.items():
        show_taken(f"{kind} env.py, {place} of {size:>4} revisions", taken)
    few, many = GROWTH if set(GROWTH) <= set(parsed.sizes) else (min(parsed.sizes), max(parsed.sizes))
    goal = MAX_GROWTH if (few, many) == GROWTH else None
    print()
    for kind, place in dict.fromkeys((kind, place) for kind, place, _ in times):
        ratio = times[kind, place, many].of_a_fault / times[kind, place, few].of_a_fault
        show_ratio(f"growth: a fault, {place} of {many} to {few}, {kind} env.py", ratio, goal)


def show_whole(seconds: float, told: str) -> None:
    """The command line on Faceplate."""
    print(f"\nFaceplate, all checks, crashes included: {told}")
    met = "met" if seconds <= MAX_SECONDS else "MISSED"
    print(f"{'seconds, servers included':<58}{seconds:8.1f}   goal: at most {MAX_SECONDS}, {met}", flush=True)


if __name__ == "__main__":
    main()
